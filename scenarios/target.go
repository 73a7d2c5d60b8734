package scenarios

import (
	"net/netip"
	"strconv"
	"time"
)

// Target names addresses of the guest: all of an origin, or a single one.
type Target struct {
	Origin Origin     // empty if it is Addr
	Addr   netip.Addr // not valid if it is Origin
}

// Of returns the target of an origin.
func Of(o Origin) Target { return Target{Origin: o} }

// Names reports whether t names the address a of origin o.
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

// Lifetime is a lifetime in seconds, "0" to "4294967294", or "infinite"; empty is the
// default.
type Lifetime string

// Infinite is the lifetime without an end, and endless its number in packets
// (RFC 4861 4.6.2).
const (
	Infinite Lifetime = "infinite"
	endless           = 1<<32 - 1
)

// Seconds returns the number in packets, or d for the default.
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

// Duration returns the time, or 0 if d is empty.
func (d Duration) Duration() time.Duration {
	t, _ := time.ParseDuration(string(d))
	return t
}

// Orders are the orders of a group's steps.
type Orders string

const (
	OrdersAll    Orders = "all"    // each one a scenario of its own
	OrdersRandom Orders = "random" // one, drawn by the seed of the run
)

// Preference is the preference of a router or a route (RFC 4191 2.1).
type Preference string

const (
	PreferenceLow    Preference = "low"
	PreferenceMedium Preference = "medium"
	PreferenceHigh   Preference = "high"
)

// State says what happens to the state of passt in a migration.
type State string

const (
	StateCarried State = "carried"
	StateLost    State = "lost"
)

// LinkState is a state of a link.
type LinkState string

const (
	LinkDown        LinkState = "down"         // set down: the kernel removes all addresses
	LinkUp          LinkState = "up"           // up as after boot: only the link-local address
	LinkCarrierLost LinkState = "carrier-lost" // the other end is gone: addresses stay
	LinkCarrierBack LinkState = "carrier-back"
)

// ProcessState is what happens to the process of passt.
type ProcessState string

const (
	ProcessRestart ProcessState = "restart"
	ProcessStop    ProcessState = "stop"
)

// Switch is on or off.
type Switch string

const (
	On  Switch = "on"
	Off Switch = "off"
)

// FailureKind says how a selector fails.
type FailureKind string

const (
	FailWrong    FailureKind = "wrong"    // it chose an address that does not work
	FailLost     FailureKind = "lost"     // it chose none although a candidate works
	FailFlap     FailureKind = "flap"     // it left a choice that still works
	FailLate     FailureKind = "late"     // it chose right, but not within the bound
	FailUnstable FailureKind = "unstable" // its choice depends on something that must not matter
)

// FailureKinds returns all kinds.
func FailureKinds() []FailureKind {
	return []FailureKind{FailWrong, FailLost, FailFlap, FailLate, FailUnstable}
}
