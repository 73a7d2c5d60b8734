package nodeaddress

import (
	"context"

	"github.com/passtlab/passtlab/selector"
)

// Pick picks the lowest global unicast IPv6 address of the interface that is
// permanent, as a lease of passt's DHCPv6 server is, or else the lowest at all.
// It does not take the first one: the order of the kernel's list is no promise,
// and passtlab fails a choice that depends on it.
func Pick(_ context.Context, o selector.Observation) (selector.Choice, error) {
	choice, permanent := selector.None("no global unicast address"), false
	for _, a := range o.Addresses {
		ip := a.Prefix.Addr()
		if a.Link != o.Interface || !ip.Is6() || !ip.IsGlobalUnicast() {
			continue
		}
		better := a.Flags.Has(selector.FlagPermanent)
		if best := choice.Address(); !best.IsValid() || better && !permanent || better == permanent && ip.Less(best) {
			choice, permanent = selector.Pick(ip, "the lowest"), better
		}
	}
	return choice, nil
}
