package guest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// setAddrGen tells the kernel how to make interface identifiers. The interface is down.
func (g *Guest) setAddrGen() error {
	conf := "ipv6/conf/" + g.Link + "/"
	switch {
	case g.AddrGen.Token.IsValid():
		// The kernel takes a token only while it accepts router advertisements.
		return errors.Join(g.SetAcceptRA(scenarios.AcceptOn), g.Net.SetToken(g.Link, g.AddrGen.Token), g.SetAcceptRA(scenarios.AcceptOff))
	case g.AddrGen.Mode == scenarios.AddrGenStable:
		// A veth has no permanent address, which the kernel would use beside the secret, so
		// the secret has the MAC in it. It is the same in each lab.
		secret := sha256.Sum256(g.MAC[:])
		return g.Net.Set(link.Sysctl{Key: conf + "stable_secret", Value: netip.AddrFrom16([16]byte(secret[:])).String()})
	case g.AddrGen.Mode == scenarios.AddrGenRandom:
		return g.Net.Set(link.Sysctl{Key: conf + "addr_gen_mode", Value: "3"}) // IN6_ADDR_GEN_MODE_RANDOM
	}
	return nil
}

// LinkLocal returns the link-local address of the interface behind passt.
func (g *Guest) LinkLocal() (netip.Addr, error) {
	as, err := g.Net.AddressesOf(g.Link)
	for _, a := range as {
		if is := a.Prefix.Addr(); is.IsLinkLocalUnicast() {
			return is, err
		}
	}
	return netip.Addr{}, errors.Join(err, fmt.Errorf("find the link-local address of %s in %s: there is none", g.Link, g.NS.Name()))
}
