package scenarios

import (
	"context"
	"fmt"
	"net/netip"
)

// byHand changes the guest's addresses for static and vip.
type byHand struct {
	origin                 Origin
	bare                   bool // adds guest.static or guest.vips
	add, remove, deprecate []netip.Prefix
	tentative              bool
}

func (c byHand) play(ctx context.Context, lab Lab) error {
	for i, p := range c.add {
		key := fmt.Sprintf("add[%d]", i)
		if c.bare {
			key = ""
		}
		if up, _, err := lab.Link(); err != nil {
			return err
		} else if !up {
			return never(key, "a link that is up", "play {link: up} before it", "the link is down")
		}
		if err := free(lab, key, p.Addr()); err != nil {
			return err
		}
		if err := lab.Add(ctx, p, c.origin, c.tentative); err != nil {
			return err
		}
	}
	change := func(word string, ps []netip.Prefix, change func(context.Context, netip.Addr) error) error {
		for i, p := range ps {
			if err := c.has(lab, fmt.Sprintf("%s[%d]", word, i), p); err != nil {
				return err
			}
			if err := change(ctx, p.Addr()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := change("deprecate", c.deprecate, lab.Deprecate); err != nil {
		return err
	}
	return change("remove", c.remove, lab.Remove)
}

func (c byHand) has(lab Lab, key string, p netip.Prefix) error {
	as, err := there(lab, key, Target{Addr: p.Addr()})
	switch {
	case err != nil:
		return err
	case as[0].Interface != "eth0":
		return Fault{Key: key, Problem: fmt.Sprintf("%s is an address of %s", p.Addr(), as[0].Interface), Expected: "an address of eth0", Next: "correct it"}
	case c.origin == OriginVIP && as[0].Origin != OriginVIP:
		return Fault{Key: key, Problem: fmt.Sprintf("%s is of origin %s", p.Addr(), as[0].Origin), Expected: "a virtual address", Next: "correct it, or play static"}
	case as[0].Prefix != p:
		return Fault{Key: key, Problem: fmt.Sprintf("the guest has %s with the length %d", p.Addr(), as[0].Bits()), Expected: as[0].Prefix.String(), Next: "correct the length"}
	}
	return nil
}

func prefixes(as []netip.Addr) (ps []netip.Prefix) {
	for _, a := range as {
		ps = append(ps, netip.PrefixFrom(a, a.BitLen()))
	}
	return ps
}
