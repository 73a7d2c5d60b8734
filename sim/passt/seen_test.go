package passt_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/sim/passt"
)

func TestSeen(t *testing.T) {
	nested := ip("fd10:244::5")
	from := func(a netip.Addr) func(testing.TB) []byte { return func(t testing.TB) []byte { return traffic(t, a) } }
	lease := func(src netip.Addr, o ...[]byte) func(testing.TB) []byte {
		return func(t testing.TB) []byte {
			return request(t, src, dhcpv6.MessageTypeSolicit, append([][]byte{clientID}, o...)...)
		}
	}
	confirm := func(t testing.TB) []byte {
		return request(t, addrS, dhcpv6.MessageTypeConfirm, clientID, iana(1, iaaddr(peer)))
	}
	padded := func(t testing.TB) []byte { return append(traffic(t, addrS), 0) }
	multicastListener := func(t testing.TB) []byte { // hop-by-hop options, then ICMPv6
		f := traffic(t, addrS)
		f[14+6], f[14+40] = 0, 58
		return f
	}
	// chain has the protocols of extension headers of eight octets, and the last one's
	// octets, before a packet with the protocol of the first.
	chain := func(first byte, headers ...[]byte) func(testing.TB) []byte {
		return func(t testing.TB) []byte {
			f := packet(t, addrS, peer, gopacket.Payload(bytes.Join(headers, nil)))
			f[14+6] = first
			return f
		}
	}
	header := func(next, length byte) []byte { return []byte{next, length, 0, 0, 0, 0, 0, 0} }
	solicitor := func(t testing.TB) []byte { return solicit(t, nobody) }
	given := func(c *passt.Config) { c.AddressGiven = true }
	found := func(*passt.Config) {}
	none := netip.Addr{}
	type sent = []func(testing.TB) []byte
	for _, tt := range []struct {
		name, release string
		change        func(*passt.Config)
		sent          sent
		seen, ll      netip.Addr
	}{
		{"initial", "2024_08_14", found, nil, addrD, podLL},
		{"initial", "2024_08_21", found, nil, addrD, none},
		{"link-local", "2025_05_03", found, sent{from(addrL)}, addrD, addrL},
		{"global", "2025_05_03", found, sent{from(addrL), from(addrS)}, addrS, addrL},
		{"foreign", "2026_07_16", found, sent{from(nested)}, nested, none},
		{"unspecified", "2023_05_09", found, sent{from(nobody)}, nobody, podLL},
		{"unspecified", "2023_06_03", found, sent{from(nobody)}, addrD, podLL},
		{"unspecified solicitor", "2024_08_21", found, sent{solicitor}, nobody, none},
		{"unspecified solicitor", "2024_11_21", found, sent{solicitor}, addrD, none},
		{"link-local after unspecified", "2023_05_09", found, sent{from(nobody), from(addrL)}, addrL, addrL},
		{"loopback", "2023_12_30", found, sent{from(netip.IPv6Loopback())}, netip.IPv6Loopback(), podLL},
		{"loopback", "2024_03_18", found, sent{from(netip.IPv6Loopback())}, addrD, podLL},
		{"given", "2026_06_11", given, sent{from(addrS)}, addrS, none},
		{"given", "2026_07_16", given, sent{from(addrS), from(addrL)}, addrD, addrL},
		{"lease", "2025_05_03", found, sent{from(addrS), lease(addrL)}, addrD, addrL},
		{"lease unanswered", "2025_05_03", found, sent{from(addrS), lease(addrL, option(dhcpv6.OptionServerID, make([]byte, 14)))}, addrS, addrL},
		{"not on link", "2025_05_03", found, sent{from(addrS), confirm}, addrS, addrS},
		{"lease of a global source", "2026_06_11", found, sent{lease(addrS)}, addrD, addrS},
		{"lease of a global source", "2026_07_16", found, sent{lease(addrS)}, addrD, none},
		{"padding", "2025_05_03", found, sent{padded}, addrD, none},
		{"extension header", "2025_05_03", found, sent{multicastListener}, addrS, none},
		{"no next header", "2025_05_03", found, sent{chain(59, header(0, 0))}, addrD, none},
		{"no next header behind others", "2025_05_03", found, sent{chain(0, header(60, 0), header(59, 0))}, addrD, none},
		{"no next header behind a fragment", "2023_03_09", found, sent{chain(44, header(59, 0))}, addrD, podLL},
		{"header alone", "2025_05_03", found, sent{chain(60, header(200, 0))}, addrS, none},
		{"header cut short", "2025_05_03", found, sent{chain(60, header(200, 9))}, addrS, none},
		{"header of one octet", "2025_05_03", found, sent{chain(60, []byte{200})}, addrD, none},
		{"chain cut short", "2026_07_16", found, sent{chain(43, header(135, 9))}, addrD, none},
		{"solicitation", "2025_05_03", found, sent{func(t testing.TB) []byte { return resolve(t, addrS, gateway) }}, addrS, none},
	} {
		e := engine(t, tt.release, tt.change)
		for _, f := range tt.sent {
			e.Handle(start, f(t))
		}
		if e.Seen() != tt.seen || e.SeenLinkLocal() != tt.ll {
			t.Errorf("%s, %s: seen %s and %s, want %s and %s", tt.release, tt.name, e.Seen(), e.SeenLinkLocal(), tt.seen, tt.ll)
		}
	}
}

// Whatever a guest sends, the address seen is the pod's or was a source of the
// guest's, and a lease makes it the pod's.
func TestSeenProperties(t *testing.T) {
	sources := []netip.Addr{addrD, addrS, addrL, nobody, peer, ip("fd10:244::5"), netip.IPv6Loopback()}
	releases := []string{"2023_03_09", "2023_06_03", "2024_08_06", "2025_05_03", "2026_07_16"}
	rapid.Check(t, func(r *rapid.T) {
		release := rapid.SampledFrom(releases).Draw(r, "release")
		frozen := rapid.Bool().Draw(r, "given")
		e := engine(t, release, func(c *passt.Config) { c.AddressGiven = frozen })
		was := map[netip.Addr]bool{addrD: true}
		for range rapid.IntRange(1, 20).Draw(r, "packets") {
			src := rapid.SampledFrom(sources).Draw(r, "source")
			was[src] = true
			if rapid.Bool().Draw(r, "lease") {
				answered := reply(t, e, request(t, src, dhcpv6.MessageTypeSolicit, clientID)) != nil
				if answered && e.Seen() != addrD {
					r.Fatalf("seen %s after a lease", e.Seen())
				}
			} else {
				e.Handle(start, traffic(t, src))
			}
			b := lookup(t, release)
			switch seen := e.Seen(); {
			case !was[seen]:
				r.Fatalf("seen %s, which the guest never used", seen)
			case seen == nobody && !b.SeenUnspecified, seen == netip.IPv6Loopback() && b.DropLoopback:
				r.Fatalf("%s: seen %s", release, seen)
			case seen != addrD && b.SeenFrozen && frozen:
				r.Fatalf("%s: seen %s though the address was given", release, seen)
			}
		}
	})
}

// Nothing behind an extension header is answered.
func TestExtended(t *testing.T) {
	for name, f := range map[string][]byte{
		"RS": solicit(t, addrL), "NS": resolve(t, addrL, gateway), "SOLICIT": request(t, addrL, dhcpv6.MessageTypeSolicit, clientID),
	} {
		g := slices.Insert(slices.Clone(f), 54, f[20], 0, 1, 4, 0, 0, 0, 0)
		g[20] = 0
		binary.BigEndian.PutUint16(g[18:], uint16(len(g)-54))
		e := engine(t, "2025_05_03")
		if e.Handle(start, f) == nil || e.Handle(start, g) != nil {
			t.Errorf("%s: want an answer without an extension header, and none with", name)
		}
	}
}
