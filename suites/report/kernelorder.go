package report

import (
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
)

// KernelOrder has the choices of a selector whose rule is the kernel's order of
// the addresses (selector.Traits.KernelOrder).
type KernelOrder struct {
	NewestFirst OrderedChoice `json:"newestFirst"` // the choice as most kernels list them
	Insertion   OrderedChoice `json:"insertion"`   // the choice with the oldest address first
}

// OrderedChoice is a choice at the first checkpoint where it does not work, or
// at the end.
type OrderedChoice struct {
	Choice netip.Addr     `json:"choice"`
	Origin scenarios.Pick `json:"origin"`
	Works  bool           `json:"works"`        // it is right at every checkpoint
	At     string         `json:"at,omitempty"` // names the checkpoint, where there is more than one
}

// kernelOrders returns a line for every selector whose rule is the kernel's order: how
// often it is right.
func (r *Report) kernelOrders() (lines []string) {
	for _, s := range r.Selectors() {
		var newest, insertion, asked int
		for _, res := range r.Results {
			if res.Selector != s || res.KernelOrder == nil {
				continue
			}
			asked++
			if res.KernelOrder.NewestFirst.Works {
				newest++
			}
			if res.KernelOrder.Insertion.Works {
				insertion++
			}
		}
		if asked > 0 {
			lines = append(lines, fmt.Sprintf("%s: right with the newest first in %d of %d, in the order of insertion in %d", s, newest, asked, insertion))
		}
	}
	return lines
}
