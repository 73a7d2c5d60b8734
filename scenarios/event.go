package scenarios

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"time"

	"github.com/passtlab/passtlab/internal/strict"
)

// Event is one step of the timeline: a word alone, or a mapping of the word to its
// parameters. Each step is complete before the next begins.
type Event struct {
	Action
	from *source // nil for an event that was in no file
}

// Action is a kind of event: a struct with the parameters. Its comments are the
// documentation and its tags the schema. It may have further methods:
//
//	check(at)                finds faults of the parameters
//	brings() []netip.Addr    returns the addresses that it names
//	simulated() string       returns why no real passt can play it
//	lasts() time.Duration    returns the longest time that it waits in real time
type Action interface {
	// Play returns when the event has happened. If it is impossible in the lab now,
	// the error is a Fault, or Faults, with the key below the word. All other errors
	// are errors of the lab.
	Play(ctx context.Context, lab Lab) error
}

// Kind is the word for what happens in an event.
type Kind string

// The kinds that other code names.
const (
	EventRA         Kind = "ra"
	EventDHCPv6     Kind = "dhcpv6"
	EventRouter     Kind = "router"
	EventAcceptRA   Kind = "accept_ra"
	EventForwarding Kind = "forwarding"
	EventReboot     Kind = "reboot"
	EventPasst      Kind = "passt"
	EventCheckpoint Kind = "checkpoint"
	EventOrders     Kind = "orders"
)

// ClientEffect is the effect of an event on a program such as dhcpcd that configures
// the guest (Guest.Client).
type ClientEffect int

// The effects. A Group has the zero value.
const (
	ClientUnaware ClientEffect = iota + 1 // the program does not notice it
	ClientTakesRA                         // a program that reads advertisements starts
	ClientLeases                          // the program starts
	ClientHears                           // a program that reads advertisements has to run and receive it
	ClientRemoves                         // the program may undo it when it starts
	ClientIgnores                         // it has no effect on a program that reads advertisements
	ClientFollows                         // a program that reads advertisements gives up what it has set, or asks anew
	ClientDecides                         // the program reacts by itself, in its own time
)

// actions are all kinds of events, in the order of messages.
var actions = []row{
	{EventRA, &RA{}, ClientTakesRA},
	{EventDHCPv6, &DHCPv6{}, ClientLeases},
	{"renew", &Renew{}, ClientDecides},
	{EventRouter, &AllRouters{}, ClientHears},
	{"static", &Static{}, ClientRemoves},
	{"vip", &VIP{}, ClientRemoves},
	{"conflict", &Conflict{}, ClientDecides},
	{"deprecate", &Deprecate{}, ClientDecides},
	{"expire", &Expire{}, ClientDecides},
	{"renumber", &Renumber{}, ClientUnaware},
	{"migrate", &Migrate{}, ClientUnaware},
	{EventPasst, &Process{}, ClientUnaware},
	{"link", &Link{}, ClientFollows},
	{"send", &Send{}, ClientUnaware},
	{EventAcceptRA, &AcceptRA{}, ClientIgnores},
	{EventForwarding, &Forwarding{}, ClientIgnores},
	{"route", &SetRoute{}, ClientRemoves},
	{EventReboot, &Reboot{}, ClientUnaware},
	{EventCheckpoint, &Checkpoint{}, ClientUnaware},
}

// A row describes a kind of event.
type row struct {
	kind Kind
	Action
	client ClientEffect
}

func (e Event) row() row {
	for _, r := range actions {
		if reflect.TypeOf(r.Action) == reflect.TypeOf(e.Action) {
			return r
		}
	}
	if _, ok := e.Action.(*Group); ok {
		return row{kind: EventOrders}
	}
	return row{}
}

// Kind is the word for the event; EventOrders for a Group, and empty for none.
func (e Event) Kind() Kind { return e.row().kind }

// Client returns the effect on a program that configures the guest.
func (e Event) Client() ClientEffect { return e.row().client }

// Plain returns events of these kinds without parameters.
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

// Path is the event's place in its file, such as "events[2].link". Empty: it was in none.
func (e Event) Path() string {
	if e.from == nil {
		return ""
	}
	return e.from.path
}

// Plain reports whether the event has no parameters.
func (e Event) Plain() bool { return reflect.ValueOf(e.Action).Elem().IsZero() }

// Lasts returns the longest time that the event waits in real time; for most it is 0.
func (e Event) Lasts() time.Duration {
	if l, ok := e.Action.(interface{ lasts() time.Duration }); ok {
		return l.lasts()
	}
	return 0
}

// Brings returns the addresses that the event names and adds.
func (e Event) Brings() []netip.Addr {
	if b, ok := e.Action.(interface{ brings() []netip.Addr }); ok {
		return b.brings()
	}
	return nil
}

// Play plays the event in a lab. If that is impossible in the lab now, the error is
// Faults, with their place in the file.
func (e Event) Play(ctx context.Context, lab Lab) error {
	err := e.Action.Play(ctx, lab)
	faults, ok := errors.AsType[Faults](err)
	if f, one := errors.AsType[Fault](err); one {
		faults, ok = Faults{f}, true
	}
	if n, one := errors.AsType[impossible](err); one {
		faults, ok = Faults{n.of(e.Kind())}, true
	}
	if !ok {
		return err
	}
	for i, f := range faults {
		if f.Line == 0 {
			faults[i] = e.from.place(f)
		}
	}
	return faults.Err()
}

// A source is the place of a mapping in a file.
type source struct {
	*strict.Decoder
	path string
}

// place adds to a fault its place and the whole path of its key.
func (s *source) place(f Fault) Fault {
	if s == nil {
		return f
	}
	return s.Placed(strict.Join(s.path, f.Key), f)
}

// at is the place of an action that is checked.
type at struct {
	checker
	path string
	kind Kind
}

// fault reports a fault of a parameter, or of the whole action if key is empty.
func (a at) fault(key, expected, next, format string, args ...any) {
	a.checker.fault(strict.Join(a.path, key), expected, next, format, args...)
}

func (a at) never(key, expected, next, format string, args ...any) {
	a.fault(key, expected, next, "%s", never(key, expected, next, format, args...).of(a.kind).Problem)
}

func (a at) given(key string) bool {
	_, ok := a.Places[strict.Join(a.path, key)]
	return ok
}
