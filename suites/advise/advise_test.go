package advise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
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
	for _, tt := range []struct{ pod, mac, prefix, want string }{
		{pod, mac, "", "fd01:cafe::5054:ff:fe1f:c7bd"},
		{pod + "/64", "52-54-00-1F-C7-BD", "", "fd01:cafe::5054:ff:fe1f:c7bd"},
		{pod, mac, "2001:db8::7/64", "2001:db8::5054:ff:fe1f:c7bd"},
		{"2001:db8::1", "02:00:00:00:00:0a", "", "2001:db8::ff:fe00:a"},
	} {
		in, err := Parse(tt.pod, tt.mac, tt.prefix)
		if err != nil || in.SLAAC().String() != tt.want {
			t.Errorf("%v: %s, %v", tt, in.SLAAC(), err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ pod, mac, prefix, want string }{
		{"", mac, "", "no IPv6 address"},
		{"node1", mac, "", "no IPv6 address"},
		{pod + "/129", mac, "", "no IPv6 address"},
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
		if _, err := Parse(tt.pod, tt.mac, tt.prefix); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tt.want) {
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
			in, err := Parse(sc.Pod.Address.String(), sc.Guest.MAC.String(), "")
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
	in, err := Parse(pod, mac, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestAdvice holds the advice against what was looked at before, and the
// patches against the configuration that was checked.
func TestAdvice(t *testing.T) {
	for _, tt := range []struct {
		name             string
		pod, prefix      string
		pods, services   []netip.Prefix
		patches, refused []string
	}{
		{name: "report", pod: pod, patches: []string{"algorithm", "kubelet", "etcd"}},
		{name: "v1-by-luck", pod: lower, patches: []string{"algorithm", "kubelet", "etcd"}},
		{name: "other-prefix", pod: pod, prefix: "fd00:cafe::/64", patches: []string{"kubelet", "etcd"}, refused: []string{"algorithm"}},
		{name: "dual-stack", pod: pod, services: prefixes("10.96.0.0/12", "fd00:96::/112"), patches: []string{"algorithm", "kubelet", "etcd"}},
		// kubelet's default filter then has no IPv6.
		{name: "ipv4-services", pod: pod, services: prefixes("10.96.0.0/12"), patches: []string{"kubelet", "etcd"}, refused: []string{"algorithm"}},
		{name: "pod-subnet", pod: pod, pods: prefixes("fd01:cafe::/56"), refused: []string{"algorithm", "kubelet", "etcd"}},
		{name: "siderolink", pod: "fd01:cafe:0:3::7", refused: []string{"algorithm", "kubelet", "etcd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, tt.pod, tt.prefix)
			in.PodSubnets, in.ServiceSubnets = tt.pods, tt.services
			a := advice(t, in)
			if a.Given() {
				t.Error("patches were given out unchecked")
			}
			if err := a.Check(t.Context(), works(t)); err != nil {
				t.Fatal(err)
			}
			var given, refused []string
			for _, p := range a.Patches {
				if p.YAML != "" {
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
			checkPatches(t, a)
		})
	}
}

// checkPatches reads what was printed: YAML of the keys that Talos has, with
// the values that were in the labs.
func checkPatches(t *testing.T, a *Advice) {
	t.Helper()
	var text bytes.Buffer
	if err := a.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	docs := strings.Split(text.String(), "\n---\n")[1:]
	var got []map[string]any
	for _, doc := range docs {
		// Text about a patch that was refused may follow a patch that was given out.
		doc, _, _ = strings.Cut(doc, "\nNo patch")
		if !strings.HasPrefix(doc, "# ") {
			t.Errorf("no comment above\n%s", doc)
		}
		var m map[string]any
		if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
			t.Errorf("%v\n%s", err, doc)
		}
		got = append(got, m)
	}
	type m = map[string]any
	cfg := a.in.filtered()
	list := func(ss []string) (l []any) {
		for _, s := range ss {
			l = append(l, s)
		}
		return l
	}
	all := map[string]m{
		"algorithm": {"machine": m{"features": m{"nodeAddressSortAlgorithm": "v2"}}},
		"kubelet":   {"machine": m{"kubelet": m{"nodeIP": m{"validSubnets": list(cfg.ValidSubnets)}}}},
		"etcd":      {"cluster": m{"etcd": m{"advertisedSubnets": list(cfg.AdvertisedSubnets)}}},
	}
	var want []m
	for _, p := range a.Patches {
		if p.YAML != "" {
			want = append(want, all[p.Name])
		}
	}
	vm := m{"domain": m{"devices": m{"interfaces": []any{m{"name": "default", "macAddress": a.MAC.String()}}}}}
	if a.Given() {
		want = append(want, m{"spec": m{"template": m{"spec": vm}}})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("patches (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// A patch that fails in a lab is not printed, and that is said.
func TestPatchFails(t *testing.T) {
	lab := works(t)
	for _, tt := range []struct {
		scenario, selector string
		role               scenarios.Role
		failed             string
	}{
		{"filtered-slaac-first", "talos-v1", "kubelet", "kubelet"},
		{"filtered-dhcpv6-first", "talos-v2", "etcd", "etcd"},
	} {
		a := advice(t, input(t, pod, ""))
		err := a.Check(t.Context(), func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
			r, err := lab(ctx, scs, sels)
			for i, o := range r.Results {
				if o.Scenario == tt.scenario && o.Selector == tt.selector && o.Role == tt.role {
					r.Results[i].Verdict, r.Results[i].Reason = report.Fail, "picked something else"
				}
			}
			return r, err
		})
		if err != nil || !a.Failed() {
			t.Errorf("%+v: failed %t, %v", tt, a.Failed(), err)
		}
		for _, p := range a.Patches {
			if (p.YAML == "") != (p.Name == tt.failed) || p.Checked == (p.Name == tt.failed) {
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
		checkPatches(t, a)
	}
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
		a := advice(t, input(t, pod, ""))
		err := a.Check(t.Context(), func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
			r, err := lab(ctx, scs, sels)
			if err == nil {
				err = tt.change(r)
			}
			return r, err
		})
		if err == nil || !strings.Contains(err.Error(), tt.want) || a.Given() {
			t.Errorf("%s: %v, patches given %t", tt.name, err, a.Given())
		}
	}
}

// Without a lab the patches are given out, and said to be unchecked.
func TestTrust(t *testing.T) {
	a := advice(t, input(t, pod, "fd00:cafe::/64"))
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
		in, err := Parse(tt.pod, tt.mac, "")
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

// FuzzParse: what is accepted has two different addresses, of which a lab can
// be described.
func FuzzParse(f *testing.F) {
	f.Add(pod, mac, "")
	f.Add(lower+"/56", "02:00:00:00:00:0a", "fd00:cafe::/64")
	f.Add("fe80::1%eth0", "33:33:00:00:00:01", "::/64")
	f.Fuzz(func(t *testing.T, pod, mac, prefix string) {
		in, err := Parse(pod, mac, prefix)
		if err != nil {
			if !errors.Is(err, ErrInput) {
				t.Error(err)
			}
			return
		}
		if s := in.SLAAC(); !selector.IsCandidate(s) || !selector.IsCandidate(in.Pod) || s == in.Pod || in.Prefix.Bits() != 64 {
			t.Errorf("%+v makes %s", in, s)
		}
		if _, err := New(in); err != nil {
			t.Error(err)
		}
		for _, first := range arrivals {
			if _, err := in.scenario(true, first); err != nil {
				t.Errorf("%+v: %v", in, err)
			}
		}
	})
}
