package advise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/report"
)

// The pod address and MAC of the field report, and a lease below the SLAAC
// address.
const (
	pod   = "fd01:cafe::f14c:9fa1:8496:557f"
	lower = "fd01:cafe::114c:9fa1:8496:557f"
	mac   = "52:54:00:1f:c7:bd"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ pod, mac, prefix, want, pods string }{
		{pod, mac, "", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::/64"},
		{pod + "/64", "52-54-00-1F-C7-BD", "", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::/64"},
		{pod + "/128", mac, "", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::/64"},
		{pod + "/120", mac, "", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::f14c:9fa1:8496:5500/120"},
		{pod + "/48", mac, "", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::/48"},
		{pod, mac, "2001:db8::7/64", "2001:db8::5054:ff:fe1f:c7bd", "fd01:cafe::/64"},
		{"2001:db8::1", "02:00:00:00:00:0a", "", "2001:db8::ff:fe00:a", "2001:db8::/64"},
	} {
		in, err := Parse(tt.pod, tt.mac, tt.prefix, EUI64)
		if err != nil || in.SLAAC().String() != tt.want || in.Pods.String() != tt.pods {
			t.Errorf("%v: %s, %s, %v", tt, in.SLAAC(), in.Pods, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ pod, mac, prefix, want string }{
		{"", mac, "", "no IPv6 address"},
		{"node1", mac, "", "no IPv6 address"},
		{pod + "/129", mac, "", "no IPv6 address"},
		{pod + "/7", mac, "", "its prefix length is 7"},
		{"192.0.2.1", mac, "", "an IPv4 address"},
		{"::ffff:192.0.2.1", mac, "", "an IPv4-mapped address"},
		{"fe80::1", mac, "", "a link-local address"},
		{"fe80::1%eth0", mac, "", "it has the zone eth0"},
		{"ff02::1", mac, "", "a multicast address"},
		{"::", mac, "", "reserved"},
		{"::1", mac, "", "reserved"},
		{"fd01:cafe::", mac, "", "subnet-router anycast"},
		{"fd01:cafe::5054:ff:fe1f:c7bd", mac, "", "SLAAC makes the same address of MAC " + mac},
		{pod, "", "", `"" is no MAC address; want six octets such as`},
		{pod, "52:54:00:1f:c7", "", "is no MAC address; want six octets"},
		{pod, "02:00:5e:10:00:00:00:01", "", "is no MAC address; want six octets"},
		{pod, "00:00:00:00:00:00", "", "the zero address"},
		{pod, "33:33:00:00:00:01", "", "a group address"},
		{pod, "ff:ff:ff:ff:ff:ff", "", "a group address"},
		{pod, "9a:55:9a:55:9a:55", "", "is passt's own"},
		{pod, mac, "fd01:cafe::", "no prefix such as"},
		{pod, mac, "fd01:cafe::/56", "its length is 56; SLAAC needs 64"},
		{pod, mac, "192.0.2.0/24", "not IPv6"},
		{pod, mac, "fe80::/64", "no prefix of global unicast addresses"},
		{pod, mac, "ff05::/64", "no prefix of global unicast addresses"},
		{pod, mac, "::/64", "no prefix of global unicast addresses"},
	} {
		if _, err := Parse(tt.pod, tt.mac, tt.prefix, EUI64); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q %q: %v, want %q", tt.pod, tt.mac, tt.prefix, err, tt.want)
		}
	}
}

// works is a lab in which the lease alone works, and selectors choose from
// what the scenario says, in the way in which they do in a real one.
func works(t *testing.T) Lab {
	return func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
		r := report.New("6.18.0", time.Time{}, 0)
		for _, sc := range scs {
			r.Add(report.Scenario{ID: sc.ID, Passt: scenarios.DefaultRelease})
			in, err := Parse(sc.Pod.Address.String(), sc.Guest.MAC.String(), "", EUI64)
			if err != nil {
				t.Fatal(err)
			}
			if len(sc.Routers) > 0 {
				in.Prefix = sc.Routers[0].Prefix
			}
			first := scenarios.OriginSLAAC
			if sc.Events[0].Kind() == scenarios.EventDHCPv6 {
				first = scenarios.OriginDHCPv6
			}
			cfg := selector.Config{PodSubnets: sc.Config.PodSubnets, ServiceSubnets: sc.Config.ServiceSubnets}
			for _, f := range sc.Config.ValidSubnets {
				cfg.ValidSubnets = append(cfg.ValidSubnets, string(f))
			}
			for _, f := range sc.Config.AdvertisedSubnets {
				cfg.AdvertisedSubnets = append(cfg.AdvertisedSubnets, string(f))
			}
			for _, s := range sels {
				for _, role := range sc.Roles {
					c, err := s.Select(ctx, in.observation(role, first, cfg))
					if err != nil {
						t.Fatal(err)
					}
					res := report.Result{
						Scenario: sc.ID, Selector: s.Name(), Role: role, Choice: c.Address(),
						Verdict: report.Fail, Reason: fmt.Sprintf("picked %v", c.Addresses),
					}
					if slices.Equal(c.Addresses, []netip.Addr{in.Pod}) {
						res.Verdict = report.Pass
					}
					r.Results = append(r.Results, res)
				}
			}
		}
		r.Finish(time.Time{})
		return r, nil
	}
}

func prefixes(ss ...string) (ps []netip.Prefix) {
	for _, s := range ss {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

func advice(t *testing.T, in Input) *Advice {
	t.Helper()
	a, err := New(in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func input(t *testing.T, pod, prefix string) Input {
	t.Helper()
	in, err := Parse(pod, mac, prefix, EUI64)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestAdvice holds the advice against what was looked at before, and the
// patches against the configuration that was checked.
func TestAdvice(t *testing.T) {
	v6 := selector.Config{ServiceSubnets: prefixes("fd00:96::/112"), PodSubnets: prefixes("fd00:244::/56")}
	dual := selector.Config{ServiceSubnets: prefixes("10.96.0.0/12", "fd00:96::/112"), PodSubnets: v6.PodSubnets}
	own := v6
	own.ValidSubnets, own.AdvertisedSubnets = []string{"::/0", "!fd01:cafe::bad/128"}, []string{"fd01:cafe::/64"}
	done := own
	done.ValidSubnets = []string{"::/0", "!fd01:cafe::5054:ff:fe1f:c7bd/128"}
	done.AdvertisedSubnets = []string{"fd01:cafe::/64", "!fd01:cafe::5054:ff:fe1f:c7bd/128"}
	inside := v6
	inside.PodSubnets = prefixes("fd01:cafe::/56")
	for _, tt := range []struct {
		name             string
		pod, prefix      string
		gen              AddrGen
		config           selector.Config
		version          Version
		dhcpv6           []string
		patches, refused []string
	}{
		{name: "report", pod: pod, config: v6, patches: PatchNames()},
		{name: "report-v1.13", pod: pod, config: v6, version: 13, patches: PatchNames()},
		{name: "report-v1.9", pod: pod, config: v6, version: 9, patches: PatchNames()},
		{name: "newer", pod: pod, config: v6, version: Newest + 1, patches: PatchNames()},
		{name: "v1-by-luck", pod: lower, config: v6, patches: PatchNames()},
		{name: "other-prefix", pod: pod, prefix: "fd00:cafe::/64", config: v6, patches: []string{ByFilters}, refused: []string{ByAlgorithm}},
		{name: "dual-stack", pod: pod, config: dual, patches: PatchNames()},
		{name: "own-filters", pod: pod, config: own, dhcpv6: []string{"eth0"}, patches: []string{ByFilters}, refused: []string{ByAlgorithm}},
		{name: "has-filters", pod: pod, config: done, dhcpv6: []string{"eth0"}, patches: PatchNames()},
		// kubelet's default filter then has no IPv6.
		{name: "defaults", pod: pod, patches: []string{ByFilters}, refused: []string{ByAlgorithm}},
		{name: "pod-subnet", pod: pod, config: inside, refused: PatchNames()},
		{name: "siderolink", pod: "fd01:cafe:0:3::7", config: v6, refused: PatchNames()},
		{name: "stable-privacy", pod: pod, gen: StablePrivacy, config: v6, patches: []string{ByAlgorithm}, refused: []string{ByFilters}},
		{name: "stable-privacy-range", pod: pod + "/120", gen: StablePrivacy, config: dual, version: 13, patches: PatchNames()},
		{name: "stable-privacy-other-prefix", pod: pod, prefix: "fd00:cafe::/64", gen: StablePrivacy, config: v6,
			patches: []string{ByFilters}, refused: []string{ByAlgorithm}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, tt.pod, tt.prefix)
			in.Config, in.Version, in.DHCPv6, in.AddrGen = tt.config, tt.version, tt.dhcpv6, tt.gen
			a := advice(t, in)
			if _, given := a.Given(""); given {
				t.Error("patches were given out unchecked")
			}
			if err := a.Check(t.Context(), works(t), nil); err != nil {
				t.Fatal(err)
			}
			var given, refused []string
			for _, p := range a.Patches {
				if _, ok := a.Given(p.Name); ok {
					given = append(given, p.Name)
				}
				if p.Refused != "" {
					refused = append(refused, p.Name)
				}
			}
			if !slices.Equal(given, tt.patches) || !slices.Equal(refused, tt.refused) || a.Failed() {
				t.Errorf("given %v, refused %v", given, refused)
			}
			var text bytes.Buffer
			if err := a.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", tt.name+".txt"), text.Bytes())
			data, err := json.MarshalIndent(a, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", tt.name+".json"), append(data, '\n'))
			checkPatches(t, a, text.String())
		})
	}
}

type m = map[string]any

// checkPatches reads the files of all patches: YAML of the keys that Talos has, with
// the values that were in the labs. The text has all of them.
func checkPatches(t *testing.T, a *Advice, text string) {
	t.Helper()
	for _, p := range a.Patches {
		for _, f := range p.Files {
			if !strings.Contains(text, f.YAML) {
				t.Errorf("the text misses %s of %s", f.Name, p.Name)
			}
			got := m{}
			for i, doc := range strings.Split(f.YAML, "---\n") {
				var part m
				if err := yaml.Unmarshal([]byte(doc), &part); err != nil {
					t.Errorf("%v\n%s", err, doc)
				}
				got[fmt.Sprintf("%v/%d", part["kind"], i)] = part
			}
			if diff := cmp.Diff(wanted(a, p.filtered, f.Name), got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", f.Name, p.Name, diff)
			}
		}
	}
	if _, ok := a.Given(""); ok != strings.Contains(text, "macAddress: \""+a.MAC.String()) {
		t.Errorf("the text about KubeVirt is there: %t", !ok)
	}
}

// wanted returns the documents of a file, by kind and place.
func wanted(a *Advice, filtered bool, file string) m {
	list := func(there, all []string) (l []any) {
		for _, s := range all[len(there):] {
			l = append(l, s)
		}
		return l
	}
	if len(a.in.DHCPv6) > 0 && filtered && len(a.in.validSubnets()) == 0 {
		return m{"<nil>/0": m{"machine": m{}}}
	}
	cfg := a.in.filtered()
	nodeIP := m{"validSubnets": list(a.Config.ValidSubnets, cfg.ValidSubnets)}
	machine := m{}
	main := m{}
	if !filtered {
		machine["features"] = m{"nodeAddressSortAlgorithm": "v2"}
	}
	if len(a.in.DHCPv6) == 0 {
		machine["network"] = m{"interfaces": []any{m{
			"deviceSelector": m{"hardwareAddr": a.MAC.String()}, "dhcp": true, "dhcpOptions": m{"ipv6": true},
		}}}
	}
	docs := m{}
	if filtered && file == "controlplane.yaml" {
		main["cluster"] = m{"etcd": m{"advertisedSubnets": list(a.Config.AdvertisedSubnets, cfg.AdvertisedSubnets)}}
	}
	if filtered && a.Talos < 14 {
		machine["kubelet"] = m{"nodeIP": nodeIP}
	}
	if len(machine) > 0 {
		main["machine"] = machine
	}
	if len(main) > 0 {
		docs["<nil>/0"] = main
	}
	if filtered && a.Talos >= 14 {
		docs[fmt.Sprintf("KubeNodeConfig/%d", len(docs))] = m{"apiVersion": "v1alpha1", "kind": "KubeNodeConfig", "nodeIP": nodeIP}
	}
	return docs
}

// A patch that fails in a lab is not printed, and that is said.
func TestPatchFails(t *testing.T) {
	lab := works(t)
	for _, tt := range []struct {
		scenario, selector string
		role               scenarios.Role
		failed             string
	}{
		{"filtered-slaac-first", "talos-v1", "kubelet", ByFilters},
		{"filtered-dhcpv6-first", "talos@v1.13.9", "etcd", ByFilters},
	} {
		a := advice(t, v6(input(t, pod, "")))
		err := a.Check(t.Context(), func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
			r, err := lab(ctx, scs, sels)
			for i, o := range r.Results {
				if o.Scenario == tt.scenario && o.Selector == tt.selector && o.Role == tt.role {
					r.Results[i].Verdict, r.Results[i].Reason = report.Fail, "picked something else"
				}
			}
			return r, err
		}, released(tt.selector))
		if err != nil || !a.Failed() {
			t.Errorf("%+v: failed %t, %v", tt, a.Failed(), err)
		}
		for _, p := range a.Patches {
			if _, given := a.Given(p.Name); given == (p.Name == tt.failed) || p.Checked != given {
				t.Errorf("%+v: %+v", tt, p)
			}
		}
		var text bytes.Buffer
		if err := a.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("No patch %q: it failed in the lab: %s as %s picked something else.", tt.failed, tt.selector, tt.role); !strings.Contains(text.String(), want) {
			t.Errorf("misses %q:\n%s", want, &text)
		}
		checkPatches(t, a, text.String())
	}
}

// released has a Talos of that name for talos-v2, unless it is a model's name.
func released(name string) Released {
	if !strings.Contains(name, "@") {
		return nil
	}
	return Released{talos.V2: selector.Func(name, talos.V2.Select)}
}

// What asks a released Talos says so, and the predictions are compared with it.
func TestReleased(t *testing.T) {
	a := advice(t, v6(input(t, pod, "")))
	if err := a.Check(t.Context(), works(t), released("talos@v1.13.9")); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := a.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "Checked in 4 labs by Talos itself: talos@v1.13.9."; !strings.Contains(text.String(), want) {
		t.Errorf("misses %q:\n%s", want, &text)
	}
	err := advice(t, v6(input(t, pod, ""))).Check(t.Context(), works(t), Released{talos.V2: selector.Func("talos@v9", talos.V1.Select)})
	if want := "talos@v9 as kubelet should pick the lease, and in the lab picked"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

func v6(in Input) Input {
	in.Config.ServiceSubnets = prefixes("fd00:96::/112")
	return in
}

// A lab that fails, says too little or contradicts the prediction gives no
// patch at all.
func TestCheckFails(t *testing.T) {
	lab := works(t)
	down := errors.New("no lab today")
	for _, tt := range []struct {
		name   string
		change func(r *report.Report) error
		want   string
	}{
		{"down", func(*report.Report) error { return down }, "no lab today"},
		{"lab", func(r *report.Report) error { r.Scenarios[0].Error = "broken lab"; return nil }, "broken lab"},
		{"not asked", func(r *report.Report) error {
			r.Results[0].Verdict, r.Results[0].Reason = report.Error, "gone"
			return nil
		}, "gone"},
		{"short", func(r *report.Report) error { r.Results = r.Results[1:]; return nil }, "23 results of 24"},
		{"other scenario", func(r *report.Report) error { r.Results[0].Scenario = "x"; return nil }, "talos-v1 as kubelet was not asked"},
		{"other pick", func(r *report.Report) error {
			r.Results[0].Choice = netip.MustParseAddr(pod)
			return nil
		}, "talos-v1 as kubelet should pick the SLAAC address, and in the lab picked"},
		{"works", func(r *report.Report) error { r.Results[0].Verdict = report.Pass; return nil }, "should pick the SLAAC address"},
	} {
		a := advice(t, v6(input(t, pod, "")))
		err := a.Check(t.Context(), func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
			r, err := lab(ctx, scs, sels)
			if err == nil {
				err = tt.change(r)
			}
			return r, err
		}, nil)
		if _, given := a.Given(""); err == nil || !strings.Contains(err.Error(), tt.want) || given {
			t.Errorf("%s: %v, patches given %t", tt.name, err, given)
		}
	}
}

// Without a lab the patches are given out, and said to be unchecked.
func TestTrust(t *testing.T) {
	a := advice(t, v6(input(t, pod, "fd00:cafe::/64")))
	a.Trust()
	var text bytes.Buffer
	if err := a.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "no-lab.txt"), text.Bytes())
	if slices.ContainsFunc(a.Patches, func(p Patch) bool { return p.Checked }) {
		t.Error("an unchecked patch is said to be checked")
	}
}

// The lab's own addresses keep out of the way of what was asked for.
func TestScenario(t *testing.T) {
	for _, tt := range []struct{ pod, mac string }{
		{"fd01:cafe::1", mac}, {"fd01:cafe::2", mac}, {"fd01:cafe::9", mac}, {pod, scenarios.DefaultPodMAC.String()},
	} {
		in, err := Parse(tt.pod, tt.mac, "", EUI64)
		if err != nil {
			t.Fatal(err)
		}
		for _, first := range arrivals {
			if _, err := in.scenario(true, first); err != nil {
				t.Errorf("%v: %v", tt, err)
			}
		}
	}
}

func TestParseVersion(t *testing.T) {
	for s, want := range map[string]Version{
		"v1.9": 9, "1.9": 9, "v1.9.0": 9, "v1.13.9": 13, "v1.14.0-rc.1": 14, "v1.15": 15, "v1.10": 10,
		"": 0, "v1": 0, "v2.0": 0, "v1.8.3": 0, "v1.13.": 0, "v1.13.x": 0, "v1.13-rc.1": 0, "latest": 0, "v1.99999": 0, "v1.013": 0,
	} {
		got, err := ParseVersion(s)
		if got != want || (err == nil) != (want > 0) || err != nil && !errors.Is(err, ErrInput) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("v1.13.9")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVersion(s)
		if err != nil {
			return
		}
		if again, err := ParseVersion(v.String()); err != nil || again != v {
			t.Errorf("%q is %s, and that is %s, %v", s, v, again, err)
		}
	})
}

// FuzzParse: what is accepted has two different addresses, of which a lab can
// be described.
func FuzzParse(f *testing.F) {
	f.Add(pod, mac, "", true)
	f.Add("fd01:cafe::ff:fe00:1", mac, "", false)
	f.Add(lower+"/56", "02:00:00:00:00:0a", "fd00:cafe::/64", true)
	f.Add("fe80::1%eth0", "33:33:00:00:00:01", "::/64", true)
	f.Fuzz(func(t *testing.T, pod, mac, prefix string, predictable bool) {
		gen := StablePrivacy
		if predictable {
			gen = EUI64
		}
		in, err := Parse(pod, mac, prefix, gen)
		if err != nil {
			if !errors.Is(err, ErrInput) {
				t.Error(err)
			}
			return
		}
		if _, err := New(in); err != nil {
			t.Error(err)
		}
		for _, guest := range in.guests() {
			if s := guest.SLAAC(); !selector.IsCandidate(s) || !selector.IsCandidate(in.Pod) || s == in.Pod || in.Prefix.Bits() != 64 || !in.Pods.Contains(in.Pod) {
				t.Errorf("%+v makes %s", guest, s)
			}
			for _, first := range arrivals {
				if _, err := guest.scenario(true, first); err != nil {
					t.Errorf("%+v: %v", guest, err)
				}
			}
		}
	})
}

// etcd advertises all that its filter lets through. That of the patch is the lease
// alone, where ::/0 lets addresses of Talos' tunnels through as well.
func TestEtcdAdvertisesTheLeaseOnly(t *testing.T) {
	in := v6(input(t, pod, ""))
	for _, tt := range []struct {
		filter []string
		want   string
	}{
		{in.advertisedSubnets(), "[" + pod + "]"},
		{in.validSubnets(), "[fd01:cafe::f14c:9fa1:8496:557f fd44:dead::1 fdae:41e4:649b:9303::1]"}, // as kubelet's
	} {
		cfg := in.Config
		cfg.AdvertisedSubnets = tt.filter
		o := in.observation(scenarios.RoleEtcd, scenarios.OriginSLAAC, cfg)
		for name, address := range map[string]string{"siderolink": "fdae:41e4:649b:9303::1/64", "kubespan": "fd44:dead::1/128"} {
			o.Links = append(o.Links, selector.Link{Index: len(o.Links) + 1, Name: name, Up: true})
			o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix(address), Link: name, Scope: "global", Flags: selector.FlagPermanent})
		}
		for _, g := range []talos.Algorithm{talos.V1, talos.V2} {
			c, err := g.Select(t.Context(), o)
			if got := fmt.Sprint(c.Addresses); err != nil || got != tt.want {
				t.Errorf("%s with %v: %s, %v, want %s", g.Name(), tt.filter, got, err, tt.want)
			}
		}
	}
}
