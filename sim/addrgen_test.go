package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// Identifiers of the guest's addresses are those of guest.addrGen, by every client, before a
// reboot and after it: stable-privacy makes the same ones for the same MAC, random others.
// The lab knows where each address is from, and the measurement has its controls.
func TestAddrGen(t *testing.T) {
	const eui = ":5054:ff:fe1f:c7bd"
	token := scenarios.AddrGen{Token: netip.MustParseAddr("::5:0:0:7")}
	for _, c := range scenarios.Clients() {
		for _, gen := range []scenarios.AddrGen{{Mode: scenarios.AddrGenEUI64}, {Mode: scenarios.AddrGenStable}, {Mode: scenarios.AddrGenRandom}, token} {
			if _, why := (scenarios.Guest{AddrGen: gen}).Unsupported(c); why != "" {
				continue
			}
			t.Run(fmt.Sprint(c, " ", gen.Mode, gen.Token), func(t *testing.T) {
				t.Parallel()
				Installed(t, c)
				l := Built(t, timeline(t, `[ra, dhcpv6, reboot, ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02"}, ra, dhcpv6]`, func(sc *scenarios.Scenario) {
					sc.Guest.AddrGen, sc.Guest.Client = gen, c
				}), Options{})
				var formed, locals []netip.Addr
				for i, e := range l.scenario.Events {
					ok(t, l.Step(t.Context(), e))
					if !slices.Contains([]int{1, 4, 7}, i) {
						continue
					}
					if got := strings.Join(works(t, l), " "); got != "D" {
						t.Errorf("%s works", got)
					}
					slaac, local := identifiers(t, l)
					formed, locals = append(formed, slaac), append(locals, local)
				}
				same := func(as []netip.Addr, i int) bool { return as[0] == as[i] }
				switch {
				case gen == token:
					want := netip.MustParseAddr("fd01:cafe::5:0:0:7")
					if formed[0] != want || !same(formed, 1) || !same(formed, 2) || !strings.HasSuffix(locals[0].String(), eui) {
						t.Errorf("formed %v beside %v", formed, locals)
					}
				case gen.Mode == scenarios.AddrGenEUI64:
					if !strings.HasSuffix(formed[0].String(), eui) || !same(formed, 1) || same(formed, 2) || !strings.HasSuffix(locals[0].String(), eui) {
						t.Errorf("formed %v beside %v", formed, locals)
					}
				case strings.HasSuffix(formed[0].String(), eui) || strings.HasSuffix(locals[0].String(), eui):
					t.Errorf("formed %v beside %v", formed, locals)
				case gen.Mode == scenarios.AddrGenStable:
					// NetworkManager's depend on the name of the interface in place of the MAC.
					if !same(formed, 1) || same(formed, 2) != (c == scenarios.ClientNetworkManager) || !same(locals, 1) {
						t.Errorf("formed %v beside %v", formed, locals)
					}
				case same(formed, 1) || same(formed, 2) || same(locals, 1):
					t.Errorf("formed %v beside %v", formed, locals)
				}
			})
		}
	}
}

// identifiers returns the SLAAC address and the link-local one.
func identifiers(t *testing.T, l *Lab) (slaac, local netip.Addr) {
	t.Helper()
	cs, err := l.Candidates()
	ok(t, err)
	for _, c := range cs {
		if c.Origin == scenarios.OriginSLAAC {
			slaac = c.Address.Addr()
		}
	}
	local, err = l.guest.LinkLocal()
	ok(t, err)
	return slaac, local
}

// An address in duplicate address detection is optimistic, and can be used, as the sysctls
// say: what passt advertises, and nothing else.
func TestOptimisticDAD(t *testing.T) {
	for _, optimistic := range []bool{false, true} {
		l := lab(t, timeline(t, `[ra: {tentative: true}, {ra: {from: "fe80::2", tentative: true}}]`, func(sc *scenarios.Scenario) { sc.Guest.OptimisticDAD = optimistic }))
		ok(t, l.Play(t.Context()))
		cs, err := l.Candidates()
		ok(t, err)
		for _, c := range cs {
			want := optimistic && !strings.HasPrefix(c.Address.String(), "fd02:")
			if got := c.Flags&unix.IFA_F_OPTIMISTIC != 0; got != want || c.Flags&unix.IFA_F_TENTATIVE == 0 {
				t.Errorf("optimisticDAD %t: %s has the flags %#x", optimistic, c.Address, c.Flags)
			}
		}
		table, err := l.Probe(t.Context())
		ok(t, err)
		for _, r := range table {
			if out := r.Out.OK(); len(table) != 2 || out != (r.Flags&unix.IFA_F_OPTIMISTIC != 0) {
				t.Errorf("optimisticDAD %t: %+v", optimistic, r)
			}
		}
	}
}
