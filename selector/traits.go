package selector

import (
	"context"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
)

// Traits are what a selector declares about itself. The zero value says that it
// remembers nothing and does not depend on the order of the list.
type Traits struct {
	// KernelOrder: the selector's documented rule is the kernel's order of the
	// addresses, or that order decides ties. Without it the choice must not depend
	// on the order.
	KernelOrder bool
	// Needs are facts without which the selector would guess. It is not asked about an
	// observation from a file that does not say them.
	Needs []Fact
	// Program: the selector starts a program for every answer, which takes some
	// 15 ms. passtlab asks it as seldom as possible.
	Program bool
	// Kernel: the selector may ask the kernel of the guest, not the observation alone.
	Kernel bool
	// Start starts a selector that remembers earlier questions, for one role in a
	// guest that has just booted. o is what it sees now, and ctx bounds the start
	// alone. The selector's own Select answers as one that has just been started.
	// Nil: the selector remembers nothing.
	Start func(ctx context.Context, o Observation) (*Instance, error)
}

// Instance is a selector that was started in one guest and role. One goroutine uses
// it.
type Instance struct {
	// Select is as in Selector. For an instance that watches it shows the new
	// observation, and returns the last choice without waiting.
	Select func(ctx context.Context, o Observation) (Choice, error)
	// See shows an instance that does not watch what the guest has after an event,
	// between two questions. Nil: it remembers questions alone.
	See func(ctx context.Context, o Observation) error
	// Close ends the instance and its processes. Nil: there is nothing to end.
	Close func() error

	// Said is for an instance that watches, that is, says its choices unasked. It
	// returns all choices, the oldest first, and a channel that is closed at the next.
	Said func() ([]Said, <-chan struct{})
	// Meter measures the time that the machine gives to the program of an instance
	// that watches. Nil: the time of this process counts.
	Meter *pace.Meter
	// Drained reports whether that program has read all observations. Nil: it always
	// has.
	Drained func() bool
}

// Said is a choice of an instance that watches.
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
