package nodeaddress

import (
	"context"

	"github.com/passtlab/passtlab/selector"
)

// Pick picks the first global unicast IPv6 address of the interface that is
// permanent, as a lease of passt's DHCPv6 server is, or else the first at all.
func Pick(_ context.Context, o selector.Observation) (selector.Choice, error) {
	choice := selector.None("no global unicast address")
	for _, a := range o.Addresses {
		ip := a.Prefix.Addr()
		if a.Link != o.Interface || !ip.Is6() || !ip.IsGlobalUnicast() {
			continue
		}
		if a.Flags.Has(selector.FlagPermanent) {
			return selector.Pick(ip, "the first that is permanent"), nil
		}
		if len(choice.Addresses) == 0 {
			choice = selector.Pick(ip, "the first")
		}
	}
	return choice, nil
}
