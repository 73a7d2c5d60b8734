package scenarios

import (
	"context"
	"errors"
	"net/netip"
	"reflect"

	"github.com/passtlab/passtlab/internal/strict"
)

// Event is one step of the timeline: a word alone, or a mapping of the word to its
// parameters. Each step is complete before the next begins.
type Event struct {
	Action
	from *source // nil for an event that was in no file
}

// Action is what happens in an event: a struct with the parameters, whose comments
// are the documentation and whose tags are the schema. It may have methods more:
//
//	check(at)                what the file shows to be wrong with the parameters
//	brings() []netip.Addr    addresses that it names
//	simulated() string       why no real passt plays it
type Action interface {
	// Play has it happen, completely. What cannot happen as things are is a Fault
	// of the scenario, or Faults, with the key below the word. All else is an error
	// of the lab.
	Play(ctx context.Context, lab Lab) error
}

// Kind is the word for what happens in an event.
type Kind string

// The kinds of events.
const (
	EventRA         Kind = "ra"
	EventDHCPv6     Kind = "dhcpv6"
	EventRenew      Kind = "renew"
	EventRouter     Kind = "router"
	EventStatic     Kind = "static"
	EventVIP        Kind = "vip"
	EventConflict   Kind = "conflict"
	EventDeprecate  Kind = "deprecate"
	EventExpire     Kind = "expire"
	EventRenumber   Kind = "renumber"
	EventMigrate    Kind = "migrate"
	EventLink       Kind = "link"
	EventSend       Kind = "send"
	EventAcceptRA   Kind = "accept_ra"
	EventReboot     Kind = "reboot"
	EventCheckpoint Kind = "checkpoint"
	EventOrders     Kind = "orders"
)

// actions are all that can happen, by their words, in the order in which messages
// list them.
var actions = []struct {
	kind Kind
	Action
}{
	{EventRA, &RA{}}, {EventDHCPv6, &DHCPv6{}}, {EventRenew, &Renew{}}, {EventRouter, &AllRouters{}}, {EventStatic, &Static{}},
	{EventVIP, &VIP{}}, {EventConflict, &Conflict{}}, {EventDeprecate, &Deprecate{}}, {EventExpire, &Expire{}},
	{EventRenumber, &Renumber{}}, {EventMigrate, &Migrate{}}, {EventLink, &Link{}}, {EventSend, &Send{}},
	{EventAcceptRA, &AcceptRA{}}, {EventReboot, &Reboot{}}, {EventCheckpoint, &Checkpoint{}},
}

// Kind is the word for the event; EventOrders for a Group, and empty for none.
func (e Event) Kind() Kind {
	for _, a := range actions {
		if reflect.TypeOf(a.Action) == reflect.TypeOf(e.Action) {
			return a.kind
		}
	}
	if _, ok := e.Action.(*Group); ok {
		return EventOrders
	}
	return ""
}

// Plain returns the events of kinds that need no parameters.
func Plain(kinds ...Kind) (es []Event) {
	for _, k := range kinds {
		for _, a := range actions {
			if a.kind == k {
				es = append(es, Event{Action: reflect.New(reflect.TypeOf(a.Action).Elem()).Interface().(Action)})
			}
		}
	}
	return es
}

// Plain reports whether the event has no parameters.
func (e Event) Plain() bool { return reflect.ValueOf(e.Action).Elem().IsZero() }

// Simulated says why no real passt plays the event, if none does.
func (e Event) Simulated() string {
	if s, ok := e.Action.(interface{ simulated() string }); ok {
		return s.simulated()
	}
	return ""
}

// Brings returns the addresses that the event brings, as far as it names them.
func (e Event) Brings() []netip.Addr {
	if b, ok := e.Action.(interface{ brings() []netip.Addr }); ok {
		return b.brings()
	}
	return nil
}

// Play has the event happen in a lab. The error is Faults, with their place in the
// file, where it cannot happen as things are in the lab.
func (e Event) Play(ctx context.Context, lab Lab) error {
	err := e.Action.Play(ctx, lab)
	faults, ok := errors.AsType[Faults](err)
	if f, one := errors.AsType[Fault](err); one {
		faults, ok = Faults{f}, true
	}
	if !ok {
		return err
	}
	for i, f := range faults {
		if f.Line == 0 {
			faults[i] = e.from.place(f)
		}
	}
	faults.Sort()
	return faults
}

// A source is where a file has a mapping.
type source struct {
	*strict.Decoder
	path string
}

// place gives a fault its place and the whole path of its key.
func (s *source) place(f Fault) Fault {
	if s == nil {
		return f
	}
	return s.Placed(strict.Join(s.path, f.Key), f)
}

// at is where a check finds an action.
type at struct {
	checker
	path string
	kind Kind
}

// fault reports a fault of a parameter, or with an empty key of the action.
func (a at) fault(key, expected, next, format string, args ...any) {
	a.checker.fault(strict.Join(a.path, key), expected, next, format, args...)
}

// never reports that the action cannot happen.
func (a at) never(key, expected, next, format string, args ...any) {
	f := never(key, a.kind, expected, next, format, args...)
	a.fault(key, f.Expected, f.Next, "%s", f.Problem)
}

// given reports whether the file has a parameter.
func (a at) given(key string) bool {
	_, ok := a.Places[strict.Join(a.path, key)]
	return ok
}
