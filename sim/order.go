package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/passtlab/passtlab/sim/link"
)

// OldestFirst reports whether the kernel lists the addresses of a link in the order in
// which they were added, as Linux 7.0.0 to 7.0.11 did. It measures this, because the
// release of a distribution's kernel does not show it: 7.0.0-15-generic may be any 7.0.
var OldestFirst = sync.OnceValues(func() (first bool, err error) {
	var t Topology
	defer func() {
		if err = errors.Join(err, t.takeDown()); err != nil {
			err = fmt.Errorf("measure in which order the kernel lists addresses: %w", err)
		}
	}()
	_, n, err := t.namespace("order")
	if err != nil {
		return false, err
	}
	old, young := netip.MustParsePrefix("fd00::2/128"), netip.MustParsePrefix("fd00::1/128")
	if err := errors.Join(n.Up("lo"), n.AddAddress("lo", old), n.AddAddress("lo", young)); err != nil {
		return false, err
	}
	as, err := n.Addresses()
	if err != nil {
		return false, err
	}
	index := func(p netip.Prefix) int {
		return slices.IndexFunc(as, func(a link.Address) bool { return a.Prefix == p })
	}
	if index(old) < 0 || index(young) < 0 {
		return false, fmt.Errorf("%s or %s is not among %v", old, young, as)
	}
	return index(old) < index(young), nil
})
