package selector

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// A Selector chooses the node address. Func makes one of a function. A type that
// wraps a Selector embeds it, to keep its traits.
type Selector interface {
	// Name is the name in reports and on the command line.
	Name() string
	// Select chooses from o. No address is a valid choice (None). An error is a
	// failure of the selector, except ErrUnsupported, which makes the result a skip.
	Select(ctx context.Context, o Observation) (Choice, error)
	// Traits are the same at every call.
	Traits() Traits
}

// ErrUnsupported says that the selector cannot judge the situation: it knows only
// IPv4, for example.
var ErrUnsupported = errors.New("unsupported")

// Choice is a selector's answer.
type Choice struct {
	// Addresses has the preferred one first. Most selectors choose one; etcd may
	// advertise several. Empty: none.
	Addresses []netip.Addr `json:"addresses"`
	Reason    string       `json:"reason,omitempty"` // which rule decided, in a few words
	// Waited is for how long the selector's program waited for a processor.
	Waited time.Duration `json:"-"`
}

// Pick returns a choice of one address.
func Pick(a netip.Addr, reason string) Choice {
	return Choice{Addresses: []netip.Addr{a}, Reason: reason}
}

// None returns the choice of no address.
func None(reason string) Choice { return Choice{Reason: reason} }

// Address returns the preferred address, or the zero Addr if there is none.
func (c Choice) Address() netip.Addr {
	if len(c.Addresses) == 0 {
		return netip.Addr{}
	}
	return c.Addresses[0]
}

// Func makes a Selector without traits of a function.
func Func(name string, f func(context.Context, Observation) (Choice, error)) Selector {
	return fn{name, f}
}

type fn struct {
	name string
	f    func(context.Context, Observation) (Choice, error)
}

func (s fn) Name() string { return s.name }

func (fn) Traits() Traits { return Traits{} }

func (s fn) Select(ctx context.Context, o Observation) (Choice, error) { return s.f(ctx, o) }
