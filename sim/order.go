package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// OldestFirst reports whether the kernel lists the addresses of a link in the
// order in which they were added, as Linux 7.0.0 to 7.0.11 did. That is measured,
// since the release of a distribution's kernel does not tell: 7.0.0-15-generic
// may be any of 7.0.
var OldestFirst = sync.OnceValues(func() (bool, error) {
	first, err := oldestFirst()
	if err != nil {
		err = fmt.Errorf("find out in which order the kernel lists addresses: %w", err)
	}
	return first, err
})

func oldestFirst() (_ bool, err error) {
	var t Topology
	defer func() { err = errors.Join(err, t.takeDown()) }()
	_, n, err := t.namespace("order")
	if err != nil {
		return false, err
	}
	if err := n.Up("lo"); err != nil {
		return false, err
	}
	added := []netip.Prefix{netip.MustParsePrefix("fd00::2/128"), netip.MustParsePrefix("fd00::1/128"), netip.MustParsePrefix("fd00::3/128")}
	for _, p := range added {
		if err := n.AddAddress("lo", p); err != nil {
			return false, err
		}
	}
	as, err := n.Addresses()
	if err != nil {
		return false, err
	}
	for _, a := range as {
		switch a.Prefix {
		case added[0]:
			return true, nil
		case added[len(added)-1]:
			return false, nil
		}
	}
	return false, fmt.Errorf("none of %v is among %v", added, as)
}
