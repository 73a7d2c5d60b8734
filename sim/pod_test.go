package sim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/probe"
)

// The source that the peer sees is the one the pod's kernel chooses, and what
// comes for any address of the pod goes to the guest.
func TestRenumber(t *testing.T) {
	for _, tt := range []struct {
		events, source string
		in             []string // addresses of the pod that lead to the guest
	}{
		{"[ra, dhcpv6]", "fd01:cafe::f14c:9fa1:8496:557f", []string{"fd01:cafe::f14c:9fa1:8496:557f"}},
		{`[ra, dhcpv6, renumber: "fd01:cafe::77/64"]`, "fd01:cafe::77", []string{"fd01:cafe::77"}},
		{`[ra, dhcpv6, renumber: {address: "fd01:cafe::77/128", gateway: "fe80::99"}]`, "fd01:cafe::77", []string{"fd01:cafe::77"}},
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1"}]`, "fd09::77", []string{"fd09::77"}},
		// The peer is in the old prefix (RFC 6724 5, rule 8).
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1", keep: true}]`, "fd01:cafe::f14c:9fa1:8496:557f",
			[]string{"fd09::77", "fd01:cafe::f14c:9fa1:8496:557f"}},
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1", keep: true}, migrate: {address: "fd01:cafe::78/64", gateway: "fd01:cafe::1"}]`, "fd01:cafe::78", []string{"fd01:cafe::78"}},
		{`[ra, dhcpv6, migrate: {address: "fd09::77/128", gateway: "fe80::99"}]`, "fd09::77", []string{"fd09::77"}},
	} {
		t.Run(tt.events, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, tt.events))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			table, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table {
				if !r.Out.OK() || r.OutSource.String() != tt.source {
					t.Errorf("%s: out %s, seen as %s, want %s", r.Address, r.Out, r.OutSource, tt.source)
				}
			}
			// What comes in for an address that is not the guest's own gets to
			// it all the same.
			var pods []probe.Candidate
			for _, a := range tt.in {
				pods = append(pods, probe.Candidate{Address: netip.PrefixFrom(netip.MustParseAddr(a), 128)})
			}
			got, err := probe.Measure(t.Context(), probe.Config{Peer: l.Peer, Pod: l.Pod, Guest: l.Guest, PeerAddress: l.PeerAddress()}, pods)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got {
				if !r.In.OK() {
					t.Errorf("in to %s: %s", r.Address, r.In)
				}
			}
		})
	}
}

// Whether the addresses seen outlive a migration is the release's affair, unless
// the event says.
func TestMigrateState(t *testing.T) {
	const lease, slaac = "fd01:cafe::f14c:9fa1:8496:557f", "fd01:cafe::5054:ff:fe1f:c7bd"
	for _, tt := range []struct{ release, migrate, seen string }{
		{"2025_02_17", "migrate", slaac},
		{"2025_02_16", "migrate", lease},
		{"2025_02_17", "migrate: {state: lost}", lease},
		{"2025_02_16", "migrate: {state: carried}", slaac},
		{"2025_05_03", `migrate: "fd01:cafe::77/64"`, slaac},
		{"2025_05_03", `migrate: {address: "fd01:cafe::77/64", state: lost}`, "fd01:cafe::77"},
	} {
		t.Run(tt.release+" "+tt.migrate, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, "[ra, dhcpv6, send: slaac, "+tt.migrate+"]", func(sc *scenarios.Scenario) { sc.Passt.Release = tt.release }))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			var seen netip.Addr
			l.passt.Ask(func(e *passt.Engine) { seen = e.Seen() })
			if got := translated(t, l); got != seen || got.String() != tt.seen {
				t.Errorf("inbound goes to %s, and passt has seen %s; want %s", got, seen, tt.seen)
			}
		})
	}
}

// The other pod has a MAC and a link-local address of its own. passt advertises from that
// address unless the gateway is link-local, and has that MAC before 2024_08_21. What the old
// one has advertised stays, and all works as far as the pod's address is the leased one.
func TestMigratePod(t *testing.T) {
	const first, second = "fe80::ff:fe00:a", "fe80::ff:fe01:a"
	for _, tt := range []struct {
		release, gateway, migrate, mac string
		routers                        []string
		in                             bool
	}{
		{"2023_03_09", "fd01:cafe::1", "migrate", "02:00:00:01:00:0a", []string{first, second}, true},
		{"2025_05_03", "fd01:cafe::1", "migrate", "9a:55:9a:55:9a:55", []string{first, second}, true},
		{"2025_05_03", "fe80::1", "migrate", "9a:55:9a:55:9a:55", []string{"fe80::1"}, true},
		{"2025_05_03", "fd01:cafe::1", `migrate: {address: "fd09::77/64", gateway: "fd09::1"}`, "9a:55:9a:55:9a:55", []string{first, second}, false},
	} {
		t.Run(fmt.Sprint(tt.release, tt.gateway, tt.migrate), func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, "[ra, dhcpv6, "+tt.migrate+", ra]", func(sc *scenarios.Scenario) {
				sc.Passt.Release, sc.Pod.Gateway = tt.release, netip.MustParseAddr(tt.gateway)
			}))
			ok(t, l.Play(t.Context()))
			for _, r := range []string{first, second, "fe80::1"} {
				has, err := l.guest.Net.HasDefaultRoute(netip.MustParseAddr(r))
				ok(t, err)
				if want := slices.Contains(tt.routers, r); has != want {
					t.Errorf("default route by %s: %t, want %t", r, has, want)
				}
			}
			l.passt.Ask(func(e *passt.Engine) {
				if got := e.MAC().String(); got != tt.mac {
					t.Errorf("passt has the MAC %s, want %s", got, tt.mac)
				}
			})
			table, err := l.Probe(t.Context())
			ok(t, err)
			for _, r := range table {
				if !r.Out.OK() || r.In.OK() != (tt.in && r.Origin == scenarios.OriginDHCPv6) {
					t.Errorf("%s: out %s, in %s", r.Address, r.Out, r.In)
				}
			}
			if !tt.in && table[0].Address.String() != "fd09::5054:ff:fe1f:c7bd/64" {
				t.Errorf("the guest lists %s first", table[0].Address)
			}
		})
	}
}

// Nobody asks for the advertisement of the new pod's passt: it comes within 600 seconds.
func TestMigrateUnsolicited(t *testing.T) {
	l := lab(t, timeline(t, `[ra, dhcpv6, migrate: {address: "fd09::77/64", gateway: "fd09::1"}]`))
	ok(t, l.Play(t.Context()), l.passt.Simulated().Tick(time.Now().Add(600*time.Second)))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ok(t, l.guest.AwaitRA(ctx, guest.Advertised{Router: netip.MustParseAddr("fe80::ff:fe01:a"), Prefix: netip.MustParsePrefix("fd09::/64")}))
}

// translated is the address to which the pod's kernel leads what comes in.
func translated(t testing.TB, l *Lab) netip.Addr {
	t.Helper()
	var conn *nftables.Conn
	ok(t, l.Pod.Do(func() (err error) { conn, err = nftables.New(nftables.AsLasting()); return err }))
	defer conn.CloseLasting()
	es, err := conn.GetSetElements(&nftables.Set{Table: &nftables.Table{Name: "passt", Family: nftables.TableFamilyIPv6}, Name: "seen",
		IsMap: true, KeyType: nftables.TypeNFProto, DataType: nftables.TypeIP6Addr})
	ok(t, err)
	if len(es) == 0 {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(es[0].Val)
	return a
}

// Each passt has an identifier of its own, however fast they follow each other.
func TestMigrateTwice(t *testing.T) {
	l := lab(t, timeline(t, "[dhcpv6, migrate, migrate, migrate]"))
	started := l.started
	for _, e := range l.scenario.Events {
		if err := l.Step(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if e.Kind() == "migrate" && l.started.Unix() <= started.Unix() {
			t.Errorf("started at %s, after %s", l.started, started)
		}
		started = l.started
	}
}

// Two pods reach each other whatever becomes of their addresses.
func TestRenumberBeside(t *testing.T) {
	need.Namespaces(t)
	first := lab(t, timeline(t, "[ra, dhcpv6]"))
	sc := timeline(t, `[ra, dhcpv6, migrate: "fd01:cafe::77/64", dhcpv6]`)
	sc.Pod.Address = netip.MustParsePrefix("fd01:cafe::b/64")
	sc.Pod.MAC, sc.Guest.MAC = scenarios.MAC{2, 0, 0, 0, 0, 0xb}, scenarios.MAC{2, 0, 0, 0, 4, 1}
	second, err := New(t.Context(), sc, Options{Beside: first})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, l := range []*Lab{first, second} {
		if err := l.Play(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Step(t.Context(), timeline(t, `[migrate: {address: "fd09::78/64", gateway: "fd09::1"}]`).Events[0]); err != nil {
		t.Fatal(err)
	}
	leases := map[*Lab]netip.Addr{}
	for _, l := range []*Lab{first, second} {
		if err := l.Step(t.Context(), scenarios.Plain(scenarios.EventDHCPv6)[0]); err != nil {
			t.Fatal(err)
		}
		l.passt.Ask(func(e *passt.Engine) { leases[l] = e.Address() })
	}
	for from, to := range map[*Lab]*Lab{first: second, second: first} {
		got, err := probe.Measure(t.Context(), probe.Config{Peer: from.Guest, Pod: to.Pod, Guest: to.Guest, PeerAddress: leases[from]},
			[]probe.Candidate{{Address: netip.PrefixFrom(leases[to], 128)}})
		if err != nil {
			t.Fatal(err)
		}
		if !got[0].Bidirectional() {
			t.Errorf("%s and %s: %+v", leases[from], leases[to], got)
		}
	}
}
