package adapters

import (
	"context"
	"fmt"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
)

// Selector builds p, if it has to, and returns the selector NAME@VERSION that
// runs it.
func (b Builder) Selector(ctx context.Context, p catalogue.Pinned, opts command.Options) (selector.Selector, error) {
	file, err := b.Build(ctx, p)
	if err != nil {
		return nil, err
	}
	opts.KernelOrder = p.Order == catalogue.OrderKernel
	s, err := command.New(p.Name, append([]string{file}, p.Arguments...), opts)
	if err != nil {
		return nil, err
	}
	return selector.WithTraits(selector.Func(p.String(), func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
		if p.Reads == catalogue.Kernel && o.Guest == nil {
			return selector.Choice{}, fmt.Errorf("%s asks the kernel of the node it runs on: %w", p, selector.ErrUnsupported)
		}
		return s.Select(ctx, o)
	}), s.Traits()), nil
}
