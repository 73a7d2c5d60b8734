package guest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// Guest is the virtual machine's namespace.
type Guest struct {
	NS  *netns.NS
	Net *link.Net
	// Link is the interface behind passt, and MAC its address.
	Link string
	MAC  scenarios.MAC
	// AddrGen says how SLAAC makes interface identifiers.
	AddrGen scenarios.AddrGen

	// Disk outlasts a reboot.
	Disk Disk

	// Defended reports whether another host on the link has an address and objects to
	// its use (RFC 4862 5.4.4). Default: none.
	Defended func(netip.Addr) bool

	origins    origins        // which the kernel does not know
	advertised []netip.Prefix // of the advertisements awaited
	lease      *lease         // nil without
	client     *Client        // nil for the kernel, and before its start
	process    *child.Process
	member     *os.File // keeps the groups of Settle; nil without
	groups     byte     // of Settle
}

// Disk has what the client has written in /var/lib.
type Disk struct {
	files  *os.File     // nil: nothing
	leases []netip.Addr // of its last lease
}

// New returns the guest of a namespace whose interface exists and is down.
func New(ns *netns.NS, net *link.Net, name string, mac scenarios.MAC) *Guest {
	return &Guest{NS: ns, Net: net, Link: name, MAC: mac, origins: origins{}}
}

// Destroy closes the namespace. Its interfaces go with it, if nobody else has it open.
func (g *Guest) Destroy() error {
	g.Disk.files.Close()
	err := g.Net.End()
	g.Net.Close()
	err = errors.Join(err, g.NS.Close())
	if g.member != nil {
		err = errors.Join(err, g.member.Close())
	}
	return err
}

// Boot sets the interface up, with the settings of a scenario.
func (g *Guest) Boot(sc scenarios.Guest) error {
	conf, neigh := "ipv6/conf/"+g.Link+"/", "ipv6/neigh/"+g.Link+"/"
	if err := g.Net.Set(
		link.Sysctl{Key: conf + "accept_ra", Value: "0"},
		link.Sysctl{Key: conf + "accept_ra_rt_info_max_plen", Value: "128"},
		link.Sysctl{Key: conf + "use_tempaddr", Value: strconv.Itoa(sc.TempAddr)},
		link.Sysctl{Key: conf + "router_solicitation_delay", Value: "0"},
		link.Sysctl{Key: conf + "mldv2_unsolicited_report_interval", Value: "10"},
		g.retransmit(quick),
		link.Sysctl{Key: neigh + "mcast_solicit", Value: "400"},
		link.Sysctl{Key: neigh + "ucast_solicit", Value: "400"},
		link.Sysctl{Key: "ipv6/icmp/ratelimit", Value: "0"},
	); err != nil {
		return err
	}
	if sc.OptimisticDAD {
		if err := g.Net.Set(link.Sysctl{Key: conf + "optimistic_dad", Value: "1"}, link.Sysctl{Key: conf + "use_optimistic", Value: "1"}); err != nil {
			return err
		}
	}
	if err := g.setAddrGen(); err != nil {
		return err
	}
	return g.Net.Up("lo", g.Link)
}

// AwaitLinkLocal waits until the link-local address is usable.
func (g *Guest) AwaitLinkLocal(ctx context.Context) error {
	index, err := g.Net.Index(g.Link)
	if err != nil {
		return err
	}
	return g.await(ctx, "the link-local address", func(a link.Address) bool {
		return a.Link == index && a.Prefix.Addr().IsLinkLocalUnicast()
	})
}

// Linked reports whether the interface behind passt has a carrier and a usable
// link-local address.
func (g *Guest) Linked() (bool, error) {
	if ok, err := g.Net.Carries(g.Link); !ok || err != nil {
		return false, err
	}
	as, err := g.Net.AddressesOf(g.Link)
	return slices.ContainsFunc(as, func(a link.Address) bool {
		return a.Prefix.Addr().IsLinkLocalUnicast() && a.Usable()
	}), err
}

// Advertised is the result of a router advertisement.
type Advertised struct {
	Prefix netip.Prefix // of an address by SLAAC; zero: none
	Router netip.Addr   // the default router; zero: none
}

// AwaitRA waits until the client has processed the advertisement.
func (g *Guest) AwaitRA(ctx context.Context, ra Advertised) error {
	if ra.Router.IsValid() {
		what := fmt.Sprintf("default route by %s from the router advertisement", ra.Router)
		if err := g.Net.Await(ctx, what, func() (bool, string, error) {
			ok, err := g.Net.HasDefaultRoute(ra.Router)
			return ok, "no such route", err
		}); err != nil {
			return err
		}
	}
	if !ra.Prefix.IsValid() {
		return nil
	}
	g.advertised = append(g.advertised, ra.Prefix)
	return g.await(ctx, "SLAAC address in "+ra.Prefix.String(), func(a link.Address) bool {
		o, _ := g.Origin(a)
		return o == scenarios.OriginSLAAC && ra.Prefix.Contains(a.Prefix.Addr())
	})
}

// await waits for a usable address of the kind. A duplicate is an error at once.
func (g *Guest) await(ctx context.Context, what string, kind func(link.Address) bool) error {
	return g.Net.Await(ctx, what, func() (bool, string, error) {
		as, err := g.Net.Addresses()
		if err != nil {
			return false, "", err
		}
		for _, a := range as {
			if !kind(a) {
				continue
			}
			if a.Flags&unix.IFA_F_DADFAILED != 0 {
				return false, "", fmt.Errorf("await %s in %s: %s is a duplicate", what, g.NS.Name(), a.Prefix)
			}
			if a.Usable() {
				return true, "", nil
			}
		}
		return false, describe(as), nil
	})
}

func describe(as []link.Address) string {
	var words []string
	for _, a := range as {
		w := a.Prefix.String()
		if !a.Usable() {
			w += " (tentative)"
		}
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}

// formed reports whether an address of no other origin is one that the client has formed
// by SLAAC. Clients set different flags.
func (g *Guest) formed(a netip.Addr) bool {
	return g.client != nil && g.client.RA &&
		slices.ContainsFunc(g.advertised, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Origin returns the origin of an address. The second result is false if the scenario
// does not explain the address.
func (g *Guest) Origin(a link.Address) (scenarios.Origin, bool) {
	if o, ok := g.origins.of(a); ok {
		return o, true
	}
	switch {
	case a.Flags&unix.IFA_F_TEMPORARY != 0:
		return scenarios.OriginTemporary, true
	case a.Flags&unix.IFA_F_MANAGETEMPADDR != 0, g.formed(a.Prefix.Addr()):
		return scenarios.OriginSLAAC, true
	}
	return "", false
}
