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

// Action is what happens in an event: a struct with the parameters, whose comments
// are the documentation and whose tags are the schema. It may have methods more:
//
//	check(at)                what the file shows to be wrong with the parameters
//	brings() []netip.Addr    addresses that it names
//	simulated() string       why no real passt plays it
//	lasts() time.Duration    how long it waits in real time, at most
type Action interface {
	// Play has it happen, completely. What cannot happen as things are is a Fault
	// of the scenario, or Faults, with the key below the word. All else is an error
	// of the lab.
	Play(ctx context.Context, lab Lab) error
}

// Kind is the word for what happens in an event.
type Kind string

// The kinds that others treat in a way of their own.
const (
	EventRA         Kind = "ra"
	EventDHCPv6     Kind = "dhcpv6"
	EventRouter     Kind = "router"
	EventAcceptRA   Kind = "accept_ra"
	EventReboot     Kind = "reboot"
	EventCheckpoint Kind = "checkpoint"
	EventOrders     Kind = "orders"
)

// ClientEffect says what an event means where a program such as dhcpcd configures
// the guest (Guest.Client).
type ClientEffect int

// The effects. The zero value is that of a Group.
const (
	ClientUnaware ClientEffect = iota + 1 // the program does not notice it
	ClientTakesRA                         // the program starts, if it takes advertisements itself
	ClientLeases                          // the program starts
	ClientHears                           // a program that takes advertisements hears it, and has to run
	ClientRemoves                         // the program may undo it when it starts
	ClientIgnores                         // it has no effect on a program that takes advertisements
	ClientDecides                         // the program does by itself, in its own time, what follows
)

// actions are all that can happen, by their words, in the order in which messages
// list them.
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
	{"link", &Link{}, ClientDecides},
	{"send", &Send{}, ClientUnaware},
	{EventAcceptRA, &AcceptRA{}, ClientIgnores},
	{EventReboot, &Reboot{}, ClientUnaware},
	{EventCheckpoint, &Checkpoint{}, ClientUnaware},
}

// A row says what a kind of event is.
type row struct {
	kind Kind
	Action
	client ClientEffect
}

// row returns that of the event; EventOrders has none in the table.
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

// Client says what the event means to a program that configures the guest.
func (e Event) Client() ClientEffect { return e.row().client }

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

// Lasts returns how long the event waits in real time, at most; most do not wait.
func (e Event) Lasts() time.Duration {
	if l, ok := e.Action.(interface{ lasts() time.Duration }); ok {
		return l.lasts()
	}
	return 0
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

func (a at) never(key, expected, next, format string, args ...any) {
	a.fault(key, expected, next, "%s", never(key, expected, next, format, args...).of(a.kind).Problem)
}

func (a at) given(key string) bool {
	_, ok := a.Places[strict.Join(a.path, key)]
	return ok
}
