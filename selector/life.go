package selector

import (
	"context"
	"time"
)

// Stateful is a Selector that remembers: what it answers depends on what it
// answered before. Its Select answers as one that was just started.
type Stateful interface {
	Selector
	// Start returns the selector in one guest and role, just booted. o is what
	// it would see now. ctx bounds the start alone.
	Start(ctx context.Context, o Observation) (Life, error)
}

// Life is a selector from the boot of a guest until Close. It is asked for one
// role, in the order of time, by one goroutine.
type Life interface {
	// Select is as in Selector.
	Select(ctx context.Context, o Observation) (Choice, error)
	// Close ends it, and what it has started.
	Close() error
}

// Watch is a Life that tells its choice by itself, whenever it has made one.
// Its Select shows it what could be seen now, and returns what it said last.
type Watch interface {
	Life
	// Said returns all it has said so far, the oldest first, and a channel that
	// is closed as soon as there is more.
	Said() ([]Said, <-chan struct{})
}

// Said is one thing that a Watch has said: a choice, or why there will be none.
type Said struct {
	At     time.Time
	Choice Choice
	// Err says that it has ended, and why; nothing follows.
	Err error
}

// KernelOrdered is a Selector whose documented rule is the kernel's order of
// the addresses, be it for ties alone. Another order may give another choice.
// Of all others the choice must not depend on the order of the list.
type KernelOrdered interface {
	Selector
	KernelOrder()
}

// InKernelOrder declares that the rule of s is the kernel's order.
func InKernelOrder(s Selector) KernelOrdered { return ordered{s} }

type ordered struct{ Selector }

func (ordered) KernelOrder() {}

// Program is a Selector that starts a program for every answer, which takes
// some 15 ms. It is asked no more often than it has to be.
type Program interface {
	Selector
	Program()
}

// AsProgram declares that s starts a program for every answer.
func AsProgram(s Selector) Program { return runs{s} }

type runs struct{ Selector }

func (runs) Program() {}

// IsProgram reports whether s is a Program, be it in the kernel's order.
func IsProgram(s Selector) bool {
	if o, ok := s.(ordered); ok {
		s = o.Selector
	}
	_, ok := s.(Program)
	return ok
}
