package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

// The field report's guest, by short names.
var short = strings.NewReplacer(
	"fd01:cafe::5054:ff:fe1f:c7bd", "S", "fd01:cafe::f14c:9fa1:8496:557f", "D", "5054:ff:fe1f:c7bd", "eui")

// timeline returns the field report with other events.
func timeline(t testing.TB, events string, change ...func(*scenarios.Scenario)) *scenarios.Scenario {
	t.Helper()
	var v struct {
		Events []scenarios.Event `yaml:"events" required:"true"`
	}
	if err := scenarios.Strict("events", []byte("events: "+events), &v, nil); err != nil {
		t.Fatal(err)
	}
	sc := &scenarios.Scenario{
		ID: "timeline",
		Pod: scenarios.Pod{Address: netip.MustParsePrefix("fd01:cafe::f14c:9fa1:8496:557f/64"), Gateway: netip.MustParseAddr("fd01:cafe::1"),
			MAC: scenarios.DefaultPodMAC},
		Passt: scenarios.Passt{Release: scenarios.DefaultRelease},
		Guest: scenarios.Guest{MAC: scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd},
			Static: []netip.Prefix{netip.MustParsePrefix("fd01:cafe::5/64")}, VIPs: []netip.Addr{netip.MustParseAddr("fd01:cafe::6")}},
		Routers: []scenarios.Router{{Prefix: netip.MustParsePrefix("fd02::/64"), LinkLocal: netip.MustParseAddr("fe80::2")}},
		Events:  v.Events,
	}
	for _, c := range change {
		c(sc)
	}
	return sc
}

func lab(t testing.TB, sc *scenarios.Scenario) *Lab { return Built(t, sc, Options{}) }

// has describes the candidates: origin, address, flags, and lifetimes that have
// an end, to the minute that is not over.
func has(t testing.TB, l *Lab) (all []string) {
	t.Helper()
	cs, err := l.Candidates()
	if err != nil {
		t.Fatal(err)
	}
	as, err := l.guest.Net.Addresses()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cs {
		words := []string{string(c.Origin), short.Replace(c.Address.String())}
		for _, f := range []struct {
			flag uint32
			word string
		}{{unix.IFA_F_DEPRECATED, "deprecated"}, {unix.IFA_F_TENTATIVE, "tentative"}, {unix.IFA_F_DADFAILED, "dadfailed"}, {unix.IFA_F_PERMANENT, "permanent"}} {
			if c.Flags&f.flag != 0 {
				words = append(words, f.word)
			}
		}
		if c.Origin == scenarios.OriginTemporary {
			words[1] = "T"
		}
		i := slices.IndexFunc(as, func(a link.Address) bool { return a.Prefix == c.Address })
		if a := as[i]; a.Valid != link.Forever && c.Origin != scenarios.OriginTemporary {
			words = append(words, fmt.Sprint("valid ", (a.Valid+59)/60, " min"))
		}
		if a := as[i]; a.Preferred != link.Forever && a.Preferred != 0 && c.Origin != scenarios.OriginTemporary {
			words = append(words, fmt.Sprint("preferred ", (a.Preferred+59)/60, " min"))
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	return all
}

// works describes the candidates that are measured to work.
func works(t testing.TB, l *Lab) (all []string) {
	t.Helper()
	table, err := l.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table {
		if r.Bidirectional() {
			all = append(all, short.Replace(r.Address.Addr().String()))
		}
	}
	slices.Sort(all)
	return all
}

// Each event brings about what its parameters say, and what works afterwards can
// be measured.
func TestTimeline(t *testing.T) {
	const (
		slaac  = "slaac S/64"
		leased = "dhcpv6 D/128 permanent"
		static = "static fd01:cafe::5/64 permanent"
		vip    = "vip fd01:cafe::6/128 permanent"
	)
	old := func(sc *scenarios.Scenario) { sc.Passt.Release = "2023_03_09" }
	before := func(sc *scenarios.Scenario) { sc.Passt.Release = "2025_01_21" }
	temporary := func(sc *scenarios.Scenario) { sc.Guest.TempAddr = 2 }
	for _, tt := range []struct {
		events string
		change func(*scenarios.Scenario)
		has    string // by commas
		works  string
	}{
		{"[ra]", nil, slaac, ""},
		{"[ra, dhcpv6]", nil, leased + ", " + slaac, "D"},
		{"[router]", nil, "slaac fd02::eui/64", ""},

		// Router advertisements.
		{"[ra: {valid: 3600}]", nil, "slaac S/64 valid 60 min preferred 60 min", ""},
		{"[ra: {valid: 3600, preferred: 600}]", nil, "slaac S/64 valid 60 min preferred 10 min", ""},
		{"[ra, ra: {valid: 60}]", nil, "slaac S/64 valid 120 min preferred 1 min", ""},
		{"[ra: {valid: 60}, ra: {valid: 30}]", nil, "slaac S/64 valid 1 min preferred 1 min", ""},
		{"[ra: {valid: 60}, ra]", nil, slaac, ""},
		{"[ra, ra: {valid: 0}]", nil, "slaac S/64 deprecated valid 120 min", ""},
		{"[ra: {valid: 0}]", nil, "", ""},
		{"[ra, ra: {withdrawn: true}]", nil, "slaac S/64 deprecated", ""},
		{"[ra, ra: {withdrawn: true}, ra]", nil, slaac, ""},
		{"[ra, ra: {preferred: 0}]", nil, "slaac S/64 deprecated", ""},
		{"[ra: {preferred: 0}]", nil, "slaac S/64 deprecated", ""},
		{"[ra, ra: {preferred: 0}]", temporary, "slaac S/64 deprecated, temporary T deprecated", ""},
		{`[ra, ra: {prefixes: ["fd03::/64", "fd04::/64"], lifetime: 9000}]`, nil, slaac + ", slaac fd03::eui/64, slaac fd04::eui/64", ""},
		{"[ra: {autonomous: false}]", nil, "", ""},
		{"[ra: {onLink: false}]", nil, slaac, ""},
		{"[ra: {tentative: true}]", nil, "slaac S/64 tentative", ""},
		{"[ra: {tentative: true}, static]", nil, "slaac S/64 tentative, " + static, ""},
		{"[ra: {tentative: true}]", temporary, "slaac S/64 tentative, temporary T tentative", ""},
		{`[ra: {from: "fe80::2"}]`, nil, "slaac fd02::eui/64", ""},
		{`[ra: {from: "fe80::2", valid: 600, lifetime: 60}]`, nil, "slaac fd02::eui/64 valid 10 min preferred 10 min", ""},

		// Whether the kernel takes them.
		{"[accept_ra: off, ra]", nil, "", ""},
		{"[accept_ra: off, ra: {valid: 60}, router]", nil, "", ""},
		{"[ra, accept_ra: off, ra: {withdrawn: true}, router]", nil, slaac, ""},
		{"[accept_ra: off, ra, accept_ra: on, ra]", nil, slaac, ""},

		// Leases.
		{"[ra, dhcpv6: {length: 64}]", nil, "dhcpv6 D/64 permanent, " + slaac, "D"},
		{"[ra, dhcpv6: {valid: 3600}]", nil, "dhcpv6 D/128 valid 60 min preferred 60 min, " + slaac, "D"},
		{"[ra, dhcpv6: {valid: 3600, preferred: 0}]", nil, "dhcpv6 D/128 deprecated valid 60 min, " + slaac, "D"},
		{"[ra, dhcpv6: {preferred: 600}]", nil, "dhcpv6 D/128 permanent preferred 10 min, " + slaac, "D"},
		{"[ra, dhcpv6: {tentative: true}]", nil, "dhcpv6 D/128 tentative permanent, " + slaac, ""},
		{"[ra, dhcpv6: {none: true}]", nil, slaac, ""},
		{"[ra, dhcpv6: {none: true}, dhcpv6]", nil, leased + ", " + slaac, "D"},
		{`[ra, dhcpv6: {address: "fd01:cafe::7"}]`, nil, "dhcpv6 fd01:cafe::7/128 permanent, " + slaac, ""},
		{`[ra, dhcpv6, dhcpv6: {address: "fd01:cafe::7"}]`, nil, "dhcpv6 fd01:cafe::7/128 permanent, " + slaac, ""},
		{"[ra, dhcpv6: {valid: 600}, dhcpv6: {valid: 3600}]", nil, "dhcpv6 D/128 valid 60 min preferred 60 min, " + slaac, "D"},
		{"[ra, dhcpv6, dhcpv6: {length: 64}]", nil, "dhcpv6 D/64 permanent, " + slaac, "D"},
		{"[ra, dhcpv6: {valid: 600}, renew]", nil, "dhcpv6 D/128 valid 10 min preferred 10 min, " + slaac, "D"},
		{"[ra, dhcpv6, deprecate: dhcpv6, renew]", nil, leased + ", " + slaac, "D"},
		// NotOnLink.
		{`[ra, dhcpv6, dhcpv6: {address: "fd01:cafe::7", none: true}, renew]`, nil, "dhcpv6 fd01:cafe::7/128 permanent, " + slaac, ""},
		// Another passt has another identifier and does not answer.
		{"[ra, dhcpv6, deprecate: dhcpv6, migrate, renew]", nil, "dhcpv6 D/128 deprecated permanent, " + slaac, "D"},
		{`[ra, dhcpv6, migrate: "fd01:cafe::77/64", renew]`, nil, leased + ", " + slaac, ""},
		{`[ra, dhcpv6, migrate: "fd01:cafe::77/64", dhcpv6]`, nil, "dhcpv6 fd01:cafe::77/128 permanent, " + slaac, "fd01:cafe::77"},

		// By hand.
		{"[ra, static, vip]", nil, slaac + ", " + static + ", " + vip, ""},
		{`[static: {add: ["fd01:cafe::7/64"]}, vip: {add: ["fd01:cafe::8"]}]`, nil, "static fd01:cafe::7/64 permanent, vip fd01:cafe::8/128 permanent", ""},
		{`[static: {tentative: true}]`, nil, "static fd01:cafe::5/64 tentative permanent", ""},
		{`[static, vip, static: {remove: ["fd01:cafe::5/64"]}, vip: {remove: ["fd01:cafe::6"]}]`, nil, "", ""},
		{`[static, vip, static: {deprecate: ["fd01:cafe::5/64"]}, vip: {deprecate: ["fd01:cafe::6"]}]`, nil,
			"static fd01:cafe::5/64 deprecated permanent, vip fd01:cafe::6/128 deprecated permanent", ""},
		{`[vip: {add: ["fd01:cafe::6"], deprecate: ["fd01:cafe::6"]}, vip: {remove: ["fd01:cafe::6"]}, vip]`, nil, vip, ""},

		// Duplicates.
		{"[conflict: slaac, ra]", nil, "", ""},
		{"[conflict: slaac, ra, router, dhcpv6]", nil, leased, "D"},
		{`[conflict: "fd02::5054:ff:fe1f:c7bd", ra, router]`, nil, slaac, ""},
		{"[ra, conflict: slaac]", nil, slaac, ""},
		{"[ra, conflict: slaac, link: down, link: up]", nil, "", ""},
		{"[ra, conflict: slaac, reboot, ra]", nil, "", ""},
		{"[conflict: slaac, ra]", temporary, "temporary T", ""},
		{"[ra, conflict: dhcpv6, dhcpv6]", nil, "dhcpv6 D/128 tentative dadfailed permanent, " + slaac, ""},
		{"[ra, conflict: dhcpv6, dhcpv6: {valid: 3600}]", nil, slaac, ""},
		{`[conflict: "fd01:cafe::5", static, conflict: "fd01:cafe::6", vip]`, nil,
			"static fd01:cafe::5/64 tentative dadfailed permanent, vip fd01:cafe::6/128 tentative dadfailed permanent", ""},

		// Deprecation and expiry.
		{"[ra, dhcpv6, deprecate: slaac]", nil, leased + ", slaac S/64 deprecated", "D"},
		{"[ra: {valid: 600}, deprecate: slaac]", nil, "slaac S/64 deprecated valid 10 min", ""},
		{"[ra, router, deprecate: slaac]", nil, "slaac S/64 deprecated, slaac fd02::eui/64 deprecated", ""},
		{`[ra, router, deprecate: "fd02::5054:ff:fe1f:c7bd"]`, nil, slaac + ", slaac fd02::eui/64 deprecated", ""},
		{"[ra, dhcpv6, deprecate: dhcpv6]", nil, "dhcpv6 D/128 deprecated permanent, " + slaac, "D"},
		// The kernel makes another in its place (RFC 8981 3.4).
		{"[ra, deprecate: temporary]", temporary, slaac + ", temporary T, temporary T deprecated", ""},
		{"[ra, deprecate: slaac, deprecate: temporary]", temporary, "slaac S/64 deprecated, temporary T deprecated", ""},
		{"[ra: {valid: 2}, dhcpv6: {valid: 1}, expire: slaac]", nil, "", ""},
		{"[ra, dhcpv6: {valid: 1}, expire: dhcpv6]", nil, slaac, ""},

		// The pod.
		{`[ra, dhcpv6, renumber: "fd01:cafe::77/64"]`, nil, leased + ", " + slaac, ""},
		{`[ra, dhcpv6, renumber: {address: "fd01:cafe::77/64", keep: true}]`, nil, leased + ", " + slaac, "D"},
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1"}]`, nil, leased + ", " + slaac, ""},
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1"}, renumber: {address: "fd01:cafe::f14c:9fa1:8496:557f/64", gateway: "fd01:cafe::1"}]`, nil, leased + ", " + slaac, "D"},
		{`[ra, dhcpv6, migrate]`, nil, leased + ", " + slaac, "D"},
		{`[ra, dhcpv6, migrate]`, old, "dhcpv6 D/128 permanent, slaac S/64 valid 60 min preferred 60 min", "D"},
		{`[ra, dhcpv6, migrate: {address: "fd09::77/64", gateway: "fe80::99"}]`, nil, leased + ", " + slaac, ""},
		{`[ra, dhcpv6, migrate: {address: "fd09::77/64", gateway: "fd09::1"}, ra, dhcpv6]`, nil,
			"dhcpv6 fd09::77/128 permanent, slaac S/64, slaac fd09::eui/64", "fd09::77"},
		{`[ra, dhcpv6, renumber: {address: "fd09::77/64", gateway: "fd09::1"}, migrate, dhcpv6]`, before, "dhcpv6 fd09::77/128 permanent, slaac S/64", "fd09::77"},

		// The link.
		{"[ra, dhcpv6, link: down]", nil, "", ""},
		{"[ra, dhcpv6, link: down, link: up]", nil, slaac, ""},
		{"[ra, dhcpv6, accept_ra: off, link: down, link: up]", nil, "", ""},
		{"[ra, dhcpv6, link: down, link: up, dhcpv6]", nil, leased + ", " + slaac, "D"},
		{"[ra, dhcpv6, link: carrier-lost]", nil, leased + ", " + slaac, ""},
		{"[ra, dhcpv6, link: carrier-lost, link: carrier-back]", nil, leased + ", " + slaac, "D"},
		{"[ra, dhcpv6, link: carrier-lost, link: carrier-back]", old, leased + ", slaac S/64 valid 60 min preferred 60 min", "D"},
		{"[conflict: dhcpv6, link: carrier-lost, link: carrier-back, ra, dhcpv6]", nil, "dhcpv6 D/128 tentative dadfailed permanent, " + slaac, ""},

		// The guest.
		{"[ra, static, dhcpv6, reboot]", nil, "", ""},
		{"[ra, dhcpv6, reboot, dhcpv6, ra]", nil, leased + ", " + slaac, "D"},
		{"[accept_ra: off, ra, reboot, ra]", nil, slaac, ""},
		{"[ra: {mtu: 1400}, reboot, reboot, static]", nil, static, ""},
		{`[ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02"}, ra, dhcpv6]`, nil, leased + ", slaac fd01:cafe::5054:ff:fe00:2/64", "D"},
		{`[ra, dhcpv6, reboot: {pod: {}}, ra, dhcpv6]`, nil, leased + ", " + slaac, "D"},
		// The old address is nobody's, also where the disk gives it to the guest.
		{`[ra, dhcpv6, reboot: {pod: "fd01:cafe::77/64"}, ra, static: {add: ["fd01:cafe::f14c:9fa1:8496:557f/64"]}, dhcpv6]`, nil,
			"dhcpv6 fd01:cafe::77/128 permanent, " + slaac + ", static D/64 permanent", "fd01:cafe::77"},
		{`[ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02", pod: {address: "fd09::77/64", gateway: "fd09::1"}}, dhcpv6, ra]`, before,
			"dhcpv6 fd09::77/128 permanent, slaac fd09::5054:ff:fe00:2/64", "fd09::77"},
		{`[ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02", pod: {address: "fd09::77/64", gateway: "fe80::99"}}, static, vip, ra, dhcpv6]`, old,
			"dhcpv6 fd09::77/128 permanent, slaac fd09::5054:ff:fe00:2/64 valid 60 min preferred 60 min, " + static + ", " + vip, "fd09::77"},
	} {
		t.Run(fmt.Sprint(tt.events, tt.change != nil), func(t *testing.T) {
			t.Parallel()
			if tt.change == nil {
				tt.change = func(*scenarios.Scenario) {}
			}
			l := lab(t, timeline(t, tt.events, tt.change))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.has, strings.Join(has(t, l), ", ")); d != "" {
				t.Errorf("candidates: %s", d)
			}
			if d := cmp.Diff(tt.works, strings.Join(works(t, l), ", ")); d != "" {
				t.Errorf("what works: %s", d)
			}
		})
	}
}

// A pod that keeps its old address answers there: over TCP in all releases,
// over UDP, as the real 2023_03_09 does, from the new one in early ones.
func TestRenumberKept(t *testing.T) {
	for release, want := range map[string]probe.Result{
		"2023_03_09": {TCP: probe.OK, UDP: probe.Silent},
		"2024_06_24": {TCP: probe.OK, UDP: probe.Silent},
		"2024_07_26": {TCP: probe.OK, UDP: probe.OK},
	} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			const next = "fd01:cafe::77"
			l := lab(t, timeline(t, `[ra, dhcpv6, renumber: {address: "`+next+`/64", keep: true}, static: {add: ["`+next+`/128"]}]`,
				func(sc *scenarios.Scenario) { sc.Passt.Release = release }))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			table, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table {
				want := want
				switch r.Origin {
				case scenarios.OriginSLAAC:
					continue
				case scenarios.OriginStatic:
					want = probe.Result{TCP: probe.OK, UDP: probe.OK}
				}
				if r.In != want || r.InBound != want || !r.Out.OK() || r.OutSource.String() != next {
					t.Errorf("%s: in %s, bound %s, want %s; out %s, seen as %s", r.Address, r.In, r.InBound, want, r.Out, r.OutSource)
				}
			}
		})
	}
}

// What only a scenario that is in no file can ask for is said, and not waited for.
func TestTimelineErrors(t *testing.T) {
	for _, tt := range []struct{ events, want string }{
		{"[conflict: static]", "event conflict: the lab cannot know in advance which address of origin static the guest will form"},
		{"[conflict: temporary]", "event conflict: the lab cannot know in advance which address of origin temporary the guest will form"},
		{`[ra: {from: "fe80::77"}]`, "event ra: there is no router fe80::77"},
	} {
		l := lab(t, timeline(t, tt.events))
		if err := l.Play(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.events, err, tt.want)
		}
	}
}

// A reboot leaves nothing of the guest before, and the machine is clean.
func TestReboot(t *testing.T) {
	need.Namespaces(t)
	before := audit.Take()
	sc := timeline(t, "[ra: {mtu: 1400}, dhcpv6]")
	sc.Guest.Interfaces = []scenarios.Interface{{Name: "data0", MAC: scenarios.MAC{2, 1}, Addresses: []netip.Prefix{netip.MustParsePrefix("fd05::1/64")}}}
	l, err := New(t.Context(), sc, Options{Capture: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(l.Play(t.Context()), l.Step(t.Context(), scenarios.Event{Action: &scenarios.Reboot{}}))
	if err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"static fd05::1/64 permanent"}, has(t, l)); d != "" {
		t.Error(d)
	}
	for key, want := range map[string]string{"mtu": "1500", "accept_ra": "0"} {
		if got, err := l.guest.Net.Get("ipv6/conf/eth0/" + key); got != want || err != nil {
			t.Errorf("%s is %s, want %s, %v", key, got, want, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := before.Check(5 * time.Second); err != nil {
		t.Error(err)
	}
}

// A lab plays a group of which no order was drawn in the written order, and
// nothing happens at a checkpoint.
func TestUndrawn(t *testing.T) {
	l := lab(t, timeline(t, "[{orders: random, of: [dhcpv6, ra]}, {checkpoint: {name: there, judge: false}}]"))
	if err := l.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	cs, err := l.Candidates() // the newest first
	if err != nil {
		t.Fatal(err)
	}
	var got []scenarios.Origin
	for _, c := range cs {
		got = append(got, c.Origin)
	}
	if want := []scenarios.Origin{scenarios.OriginSLAAC, scenarios.OriginDHCPv6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
