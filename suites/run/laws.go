package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/stability"
)

// fewQuestions is how often a program is asked for the laws, at some 15 ms a question.
// It is enough for three addresses.
const fewQuestions = 20

// errManyQuestions ends the questions about laws.
var errManyQuestions = errors.New("the questions took too long")

// orders are the choices of a selector whose rule is the kernel's order.
type orders struct{ newest, insertion stability.Reply }

// checkLaws asks a selector again, to see whether it obeys the laws of package
// stability. It asks one whose rule is the kernel's order in both orders.
func (s *session) checkLaws(ctx context.Context, x *subject, cp checkpoint, a *answer) {
	traits := x.sel.Traits()
	if a.err != nil || !cp.judged || traits.Program && cp.name != s.last {
		return
	}
	o := forRole(cp.shown, x.role) // without a disk, as for a selector that has just been started
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var spent time.Duration // of the selector's own time
	ask := func(ctx context.Context, as []selector.Address) (selector.Choice, error) {
		o := forRole(o, x.role)
		o.Addresses = as
		begun := time.Now()
		choice, err := s.fresh(ctx, x.sel, o)
		spent += time.Since(begun) - choice.Waited
		switch {
		case void(err):
			cancel(err)
		case spent > s.opts.SelectLimit: // for all questions together
			cancel(errManyQuestions)
		}
		return choice, err
	}
	opts := stability.Options{Ordered: traits.KernelOrder}
	if traits.Program {
		opts.Limit = fewQuestions
	}
	var err error
	if a.broken, err = stability.Check(limited, ask, o.Addresses, opts); err == nil && traits.KernelOrder {
		a.orders = new(orders)
		var listed bool
		if a.orders.newest, a.orders.insertion, listed, err = stability.Orders(limited, ask, o.Addresses); err == nil && !listed {
			a.orders, a.unchecked = nil, "not asked in another order of the kernel: it does not choose from the list that it is shown"
		}
		if a.orders != nil && s.oldest { // what is shown is the order of insertion
			a.orders.newest, a.orders.insertion = a.orders.insertion, a.orders.newest
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, errManyQuestions):
		a.orders, a.unchecked = nil, fmt.Sprintf("not all laws were checked: the questions took more than %s", s.opts.SelectLimit)
	case void(err):
		a.err = err
	default:
		a.err = fmt.Errorf("%w: %w", errLab, err)
	}
}
