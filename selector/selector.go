package selector

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// A Selector chooses the node address. Func makes one of a function. A type that
// wraps another Selector embeds it, and so keeps its traits.
type Selector interface {
	// Name is how reports and the command line call the selector.
	Name() string
	// Select chooses from o. No address is a valid choice: it is the zero
	// Choice with a Reason. An error is the selector's own failure, except
	// ErrUnsupported, which makes the result a skip.
	Select(ctx context.Context, o Observation) (Choice, error)
	// Traits are the same at every call.
	Traits() Traits
}

// ErrUnsupported is wrapped by a selector that cannot judge the situation at
// all, for example one that only knows IPv4.
var ErrUnsupported = errors.New("unsupported")

// Choice is a selector's answer.
type Choice struct {
	// Addresses are the chosen addresses, the preferred one first. Most
	// selectors give one; etcd may advertise several. Empty: none.
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
