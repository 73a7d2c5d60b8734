package passt_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/sim/passt"
)

// What one passt has learned another takes over, and no more than that.
func TestResume(t *testing.T) {
	last, next := engine(t, "2025_05_03"), engine(t, "2025_05_03", func(c *passt.Config) {
		c.Address, c.Started = netip.PrefixFrom(peer, 64), c.Started.Add(time.Second)
	})
	for _, src := range []netip.Addr{addrL, addrS} {
		last.Handle(start, traffic(t, src))
	}
	next.Resume(last)
	if next.Seen() != addrS || next.SeenLinkLocal() != addrL || !reflect.DeepEqual(next.GuestMAC(), guestMAC) {
		t.Errorf("seen %s, %s, from %s", next.Seen(), next.SeenLinkLocal(), next.GuestMAC())
	}
	if next.Address() != peer {
		t.Errorf("leases %s", next.Address())
	}
	server := reply(t, last, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, iana(7))).GetOneOption(dhcpv6.OptionServerID).ToBytes()
	renew := request(t, addrL, dhcpv6.MessageTypeRenew, clientID, option(dhcpv6.OptionServerID, server), iana(7, iaaddr(addrD)))
	if got := next.Handle(start, renew); len(got) > 0 {
		t.Error("a lease of the last passt is renewed by the next")
	}
	if got := last.Handle(start, renew); len(got) != 1 {
		t.Error("a lease is not renewed")
	}
}

func TestAnswerDHCPv6(t *testing.T) {
	e := engine(t, "2025_05_03")
	ask := request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, iana(7))
	was := true
	for _, on := range []bool{false, true} {
		said := e.AnswerDHCPv6(on)
		if got := len(e.Handle(start, ask)) == 1; got != on || said != was {
			t.Errorf("told %t: answers %t, says that before it was %t", on, got, said)
		}
		was = on
	}
}

// Something else to say is said in the release's form.
func TestAdvertise(t *testing.T) {
	for release, whole := range map[string]bool{"2023_03_09": false, "2025_05_03": true} {
		e := engine(t, release)
		ra := e.RA()
		if ra.RouterLifetime == 0 || len(ra.Options) != 2 {
			t.Errorf("%s: says %+v", release, ra)
		}
		other := *ra.Options[0].(*ndp.PrefixInformation)
		other.Prefix, other.PreferredLifetime = ip("fd09::"), 0
		ra.RouterLifetime = 0
		ra.Options = append(ra.Options, &other, &ndp.RouteInformation{PrefixLength: 48, Prefix: ip("fd08::"), RouteLifetime: time.Hour, Preference: ndp.High})
		f := e.Advertise(ip("ff02::1"), guestMAC, ra)
		got := advert(t, f)
		route, _ := find[*ndp.RouteInformation](got.Options)
		if got.RouterLifetime != 0 || route == nil || route.Preference != ndp.High || route.RouteLifetime != time.Hour {
			t.Errorf("%s: got %+v", release, got)
		}
		// The prefix options come first: 16 octets of header, 32 each.
		own, second := netip.AddrFrom16([16]byte(f[54+16+16:])), netip.AddrFrom16([16]byte(f[54+16+32+16:]))
		if (own == addrD) != whole || second != ip("fd09::") {
			t.Errorf("%s: prefix fields %s, %s", release, own, second)
		}
	}
}
