package selector

import (
	"context"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
)

// Traits are what a selector declares about itself. The zero value is that of
// most Go functions: they remember nothing and do not depend on the order of
// the list.
type Traits struct {
	// KernelOrder declares that the selector's documented rule is the kernel's
	// order of the addresses, be it for ties alone. Another order may give
	// another choice. Without it the choice must not depend on the order.
	KernelOrder bool
	// Program declares that the selector starts a program for every answer, which
	// takes some 15 ms. It is asked no more often than it has to be.
	Program bool
	// Start starts a selector whose answers depend on what it was asked before, in
	// one guest and role, just booted. o is what it would see now, and ctx bounds
	// the start alone. Select of the selector itself answers as one that was just
	// started. Nil: the selector remembers nothing.
	Start func(ctx context.Context, o Observation) (*Instance, error)
}

// Instance is a selector that was started in one guest and role. It is used by
// one goroutine.
type Instance struct {
	// Select is as in Selector. If there is Said, it shows the instance what
	// could be seen now, and returns the choice that was said last.
	Select func(ctx context.Context, o Observation) (Choice, error)
	// Close ends the instance, and what it has started. Nil: nothing to end.
	Close func() error

	// Said is for an instance that tells its choices by itself. It returns all so
	// far, the oldest first, and a channel that is closed when there is one more.
	Said func() ([]Said, <-chan struct{})
	// Meter measures the time that the machine gives to the program behind Said.
	// Nil: this process is measured.
	Meter *pace.Meter
	// Drained reports whether the program behind Said has read all that it was
	// shown. Nil: it always has.
	Drained func() bool
}

// Said is a choice that an instance told by itself, or why there will be none.
type Said struct {
	At     time.Time
	Choice Choice
	Err    error // why the instance has ended; nothing follows
}

// WithTraits returns s with other traits.
func WithTraits(s Selector, t Traits) Selector { return &traited{s, t} }

type traited struct {
	Selector
	traits Traits
}

func (s *traited) Traits() Traits { return s.traits }
