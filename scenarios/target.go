package scenarios

import (
	"net/netip"
	"strconv"
	"time"
)

// Target names addresses of the guest: all of an origin, or one by itself.
type Target struct {
	Origin Origin     // empty if it is Addr
	Addr   netip.Addr // not valid if it is Origin
}

// Of returns the target of an origin.
func Of(o Origin) Target { return Target{Origin: o} }

// Names reports whether it means the address a of origin o.
func (t Target) Names(a netip.Addr, o Origin) bool {
	if t.Addr.IsValid() {
		return t.Addr == a
	}
	return t.Origin == o
}

// String returns the origin or the address.
func (t Target) String() string {
	if t.Addr.IsValid() {
		return t.Addr.String()
	}
	return string(t.Origin)
}

// Lifetime is a lifetime in seconds, "0" to "4294967294", or "infinite"; empty
// is the default.
type Lifetime string

// Infinite is the lifetime without an end (RFC 4861 4.6.2), and endless what goes
// over the wire.
const (
	Infinite Lifetime = "infinite"
	endless           = 1<<32 - 1
)

// Seconds returns the number that goes over the wire, and d if none is given.
func (l Lifetime) Seconds(d uint32) uint32 {
	switch l {
	case "":
		return d
	case Infinite:
		return endless
	}
	n, _ := strconv.ParseUint(string(l), 10, 32)
	return uint32(n)
}

// Duration is a time such as "500ms" or "2s".
type Duration string

// Duration returns it; 0 if it is not given.
func (d Duration) Duration() time.Duration {
	t, _ := time.ParseDuration(string(d))
	return t
}

// Orders says in which orders a group of steps is played.
type Orders string

// The orders.
const (
	OrdersAll    Orders = "all"    // each one a scenario of its own
	OrdersRandom Orders = "random" // one, drawn by the seed of the run
)

// Preference is that of a router or a route (RFC 4191 2.1).
type Preference string

// The preferences.
const (
	PreferenceLow    Preference = "low"
	PreferenceMedium Preference = "medium"
	PreferenceHigh   Preference = "high"
)

// State is what becomes of a passt's state in a migration.
type State string

// The states.
const (
	StateCarried State = "carried"
	StateLost    State = "lost"
)

// LinkState is a state of a link.
type LinkState string

// The states of a link.
const (
	LinkDown        LinkState = "down"         // administratively: the kernel removes all addresses
	LinkUp          LinkState = "up"           // up again, as booted: no address but the link-local one
	LinkCarrierLost LinkState = "carrier-lost" // the other end is gone: addresses stay
	LinkCarrierBack LinkState = "carrier-back"
)

// Switch is on or off.
type Switch string

// The switch's positions.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// FailureKind is how a selector fails.
type FailureKind string

// The kinds of failures.
const (
	FailWrong    FailureKind = "wrong"    // it chose an address that does not work
	FailLost     FailureKind = "lost"     // it chose none although a candidate works
	FailFlap     FailureKind = "flap"     // it left a choice that still works
	FailLate     FailureKind = "late"     // it was right, and not within the bound
	FailUnstable FailureKind = "unstable" // its choice depends on what must not matter
)

// FailureKinds returns all kinds.
func FailureKinds() []FailureKind {
	return []FailureKind{FailWrong, FailLost, FailFlap, FailLate, FailUnstable}
}
