package pick

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/kernel"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/talos"
)

// check holds both forms of a report against what was looked at before.
func check(t *testing.T, name string, r Report) {
	t.Helper()
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", name+".txt"), text.Bytes())
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", name+".json"), append(data, '\n'))
}

// saved reads the first node of a file.
func saved(t *testing.T, name string) observe.Saved {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../observe/testdata/saved", name))
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := observe.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	s := nodes[0]
	if s.Observation.Role == "" {
		s.Observation.Role = "kubelet"
	}
	return s
}

// both are service subnets of a cluster with both families.
var both = []netip.Prefix{talos.DefaultServiceSubnet, netip.MustParsePrefix("fd00:96::/112")}

func TestSaved(t *testing.T) {
	for _, name := range []string{"report.md", "table.txt", "dual-stack.yaml", "observation.json", "cluster.yaml", "cluster.txt", "issue.md", "ip-br.txt", "grep.txt", "grep-6.txt"} {
		t.Run(name, func(t *testing.T) {
			r := Saved(t.Context(), name, saved(t, name), builtin.All())
			check(t, name, r)
			if r.Failed() {
				t.Errorf("%+v", r.Picks)
			}
		})
	}
}

// What the Node object has is compared with all picks, in any order of the addresses.
func TestObject(t *testing.T) {
	s := saved(t, "report.yaml")
	s.Observation.Config.ServiceSubnets = both
	for address, want := range map[string]objectSays{
		"fd01:cafe::5054:ff:fe1f:c7bd":   {PickedBy: []string{"talos-v1", "first"}},
		"fd01:cafe::f14c:9fa1:8496:557f": {PickedBy: []string{"talos-v2", "talos-v3", "first"}},
		"fd01:cafe::1":                   {PickedBy: []string{}, Absent: true},
	} {
		a := netip.MustParseAddr(address)
		s.Object = &observe.Object{Name: "n", Says: []observe.Said{{Role: "kubelet", Resource: "InternalIP", Addresses: []netip.Addr{a}}}}
		got := Saved(t.Context(), "report", s, builtin.All()).Object.Says[0]
		if !slices.Equal(got.PickedBy, want.PickedBy) || got.Absent != want.Absent || got.Address != a {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
}

// A selector that needs what the file does not say is not asked.
func TestNeeds(t *testing.T) {
	asked := false
	needy := selector.WithTraits(selector.Func("needy", func(context.Context, selector.Observation) (selector.Choice, error) {
		asked = true
		return selector.None(""), nil
	}), selector.Traits{Needs: []selector.Fact{selector.FactLifetimes, selector.FactFlags}})
	for name, want := range map[string]string{
		"ip-br.txt":        "it needs lifetimes and address flags, not in the output of ip -br address",
		"report.yaml":      "it needs lifetimes, not in the output of talosctl get addresses -o yaml",
		"ip-6.txt":         "",
		"observation.json": "",
	} {
		asked = false
		p := Saved(t.Context(), name, saved(t, name), []selector.Selector{needy}).Picks[0]
		if p.Unsupported != want || asked != (want == "") {
			t.Errorf("%s: %q, asked %t", name, p.Unsupported, asked)
		}
	}
}

// The field report, and what each selector made of it.
func TestFieldReport(t *testing.T) {
	const slaac, lease = "[fd01:cafe::5054:ff:fe1f:c7bd]", "[fd01:cafe::f14c:9fa1:8496:557f]"
	want := map[string][]string{
		"talos-v1": {slaac},
		"talos-v2": {lease},
		"talos-v3": {lease},
		"kernel":   nil,
		"first":    {lease, slaac},
	}
	s := saved(t, "report.yaml")
	s.Observation.Config.ServiceSubnets = both
	for _, p := range Saved(t.Context(), "report", s, builtin.All()).Picks {
		var got []string
		for _, a := range p.Answers {
			got = append(got, fmt.Sprint(a.Addresses))
		}
		if !slices.Equal(got, want[p.Selector]) {
			t.Errorf("%s picks %v, want %v", p.Selector, got, want[p.Selector])
		}
		if (p.Unsupported != "") != (p.Selector == "kernel") || p.Error != "" {
			t.Errorf("%+v", p)
		}
	}
}

// Selectors of all kinds, also such that misbehave.
func TestSelectors(t *testing.T) {
	sel := func(name string, f func(o selector.Observation) (selector.Choice, error)) selector.Selector {
		return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) { return f(o) })
	}
	elsewhere := netip.MustParseAddr("fd01:beef::1")
	r := Live(t.Context(), saved(t, "observation.json").Observation, []selector.Selector{
		sel("sorts", func(o selector.Observation) (selector.Choice, error) {
			slices.SortFunc(o.Addresses, func(a, b selector.Address) int { return a.Prefix.Compare(b.Prefix) })
			return selector.None("sorted in place"), nil
		}),
		builtin.All()[4],
		sel("elsewhere", func(selector.Observation) (selector.Choice, error) { return selector.Pick(elsewhere, ""), nil }),
		sel("fails", func(selector.Observation) (selector.Choice, error) {
			return selector.Choice{}, errors.New("two\nlines and \x1b[31m red")
		}),
		sel("no-ipv6", func(selector.Observation) (selector.Choice, error) {
			return selector.Choice{}, fmt.Errorf("IPv4 only: %w", selector.ErrUnsupported)
		}),
	})
	check(t, "selectors", r)
	if !r.Failed() {
		t.Error("a failure was not told")
	}
	if r := Live(t.Context(), selector.Observation{Role: "node"}, builtin.All()); r.Failed() || len(r.Candidates) != 0 {
		t.Errorf("%+v", r)
	}
}

// What Talos says is compared with the model of the algorithm that the node uses, for
// each role with its own prediction.
func TestSaid(t *testing.T) {
	const v6, lease = "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::f14c:9fa1:8496:557f"
	for _, tt := range []struct {
		algorithm, kubelet string
		services           []netip.Prefix
		want               string
	}{
		{"v1", "172.20.0.2 " + v6, both, "talos-v1 true"},
		{"v1", v6 + " 172.20.0.2", both, "talos-v1 true"},
		{"v1", "172.20.0.2 " + lease, both, "talos-v1 false"},
		{"v1", "172.20.0.2", both, "talos-v1 false"},
		{"v2", "172.20.0.2 " + lease, both, "talos-v2 true"},
		{"v2", "172.20.0.2 " + v6, both, "talos-v2 false"},
		{"", "172.20.0.2 " + lease, both, "talos-v1 false talos-v2 true"},
		{"v9", "172.20.0.2 " + lease, both, "talos-v1 false talos-v2 true"},
		{"v1", "172.20.0.2", nil, "talos-v1 true"},
	} {
		s := saved(t, "cluster.yaml")
		s.Algorithm, s.Observation.Role, s.Observation.Config.ServiceSubnets = tt.algorithm, "etcd", tt.services
		s.Said[1].Addresses = nil
		for a := range strings.FieldsSeq(tt.kubelet) {
			s.Said[1].Addresses = append(s.Said[1].Addresses, netip.MustParseAddr(a))
		}
		var got []string
		for _, p := range Saved(t.Context(), "cluster", s, nil).Said[1].Predictions {
			got = append(got, p.Selector, fmt.Sprint(p.AsSaid))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

func TestAlgorithmNote(t *testing.T) {
	for algorithm, want := range map[string]string{
		"v1": "The node sorts by v1, as talos-v1 does.",
		"v9": "The node sorts by v9, of which there is no model here.",
		"":   "",
	} {
		s := saved(t, "cluster.yaml")
		s.Algorithm = algorithm
		got := ""
		for _, n := range Saved(t.Context(), "", s, nil).Notes {
			if strings.HasPrefix(n, "The node sorts by ") {
				got = n
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", algorithm, got, want)
		}
	}
}

// Talos' default subnets are those of talos-* alone, and the notes say where they are
// in use.
func TestDefaultSubnets(t *testing.T) {
	var got []string
	sel := func(name string) selector.Selector {
		return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			got = append(got, fmt.Sprintf("%s: services %v, pods %v", name, o.Config.ServiceSubnets, o.Config.PodSubnets))
			return selector.None(""), nil
		})
	}
	o := saved(t, "cluster.yaml").Observation
	sels := []selector.Selector{sel("talos-v1"), sel("talos@v1.13.9"), sel("talosish")}
	r := Live(t.Context(), o, sels)
	o.Config.ServiceSubnets = both
	s := Live(t.Context(), o, sels[:1])
	o.Config.ServiceSubnets, o.Unknown = nil, selector.Facts{selector.FactIPv4}
	u := Live(t.Context(), o, sels[:1])
	x := Live(t.Context(), saved(t, "report.yaml").Observation, sels[:1]) // without IPv4 addresses
	if want := []string{
		"talos-v1: services [10.96.0.0/12], pods [10.244.0.0/16]",
		"talos@v1.13.9: services [10.96.0.0/12], pods [10.244.0.0/16]",
		"talosish: services [], pods []",
		"talos-v1: services [10.96.0.0/12 fd00:96::/112], pods [10.244.0.0/16]",
		"talos-v1: services [], pods [10.244.0.0/16]",
		"talos-v1: services [fd00:96::/112], pods [10.244.0.0/16]",
	}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	for note, of := range map[string][]string{"default service subnet": r.Notes, "whose service subnets have IPv6": u.Notes, "service subnets are IPv6 only": x.Notes, "default pod subnet": s.Notes, "does not start kubelet": r.Notes} {
		if !strings.Contains(strings.Join(of, "\n"), note) {
			t.Errorf("no %q in %q", note, of)
		}
	}
	for note, of := range map[string][]string{
		"default service subnet": s.Notes, "default pod subnet": Live(t.Context(), o, sels[2:]).Notes, "keeps it while": r.Notes,
	} {
		if strings.Contains(strings.Join(of, "\n"), note) {
			t.Errorf("%q in %q", note, of)
		}
	}
}

// IPv4 addresses are listed where one could be picked.
func TestCandidates(t *testing.T) {
	s := saved(t, "cluster.yaml")
	for _, tt := range []struct {
		sel  selector.Selector
		want bool
	}{
		{talos.V1, true},
		{kernel.First, false},
		{selector.Func("mine", func(context.Context, selector.Observation) (selector.Choice, error) {
			return selector.Pick(netip.MustParseAddr("172.20.0.2"), ""), nil
		}), true},
	} {
		got := Saved(t.Context(), "", s, []selector.Selector{tt.sel}).Candidates
		if has := slices.ContainsFunc(got, func(c candidate) bool { return c.Address.Addr().Is4() }); has != tt.want || len(got) != 2 && !has {
			t.Errorf("%s: %+v", tt.sel.Name(), got)
		}
	}
}

// The default address of a node that runs may be another one than predicted.
func TestSticky(t *testing.T) {
	const note = "keeps it while it is there"
	sticky := func(s observe.Saved) bool {
		return strings.Contains(strings.Join(Saved(t.Context(), "", s, builtin.All()).Notes, "\n"), note)
	}
	s := saved(t, "cluster.yaml")
	if sticky(s) {
		t.Error("a note about the default address, which is as predicted, for role kubelet")
	}
	s.Said[0].Addresses[0] = netip.MustParseAddr("fd01:cafe::f14c:9fa1:8496:557f")
	if !sticky(s) {
		t.Error("no note about the default address, which differs")
	}
	s = saved(t, "report.yaml")
	s.Observation.Role = "node"
	if !sticky(s) {
		t.Error("no note about the default address for role node")
	}
}
