package field

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/pick"
	"github.com/passtlab/passtlab/suites/reproduce"
	"github.com/passtlab/passtlab/suites/run"
)

// serviceSubnet makes the models of Talos answer for IPv6.
const serviceSubnet = "fd00:96::/112"

// paste reads a pasted file, asks the built-in selectors about it, and makes a scenario of
// it. It returns the commands that do so, and what they say.
func paste(t *testing.T, name string, network scenarios.Network) (tried, out []string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	from := "--from suites/field/" + file
	tried = []string{fmt.Sprintf("passtlab pick %s --service-subnet %s", from, serviceSubnet)}
	nodes, err := observe.Parse(name, data)
	if err != nil {
		return tried, []string{"refused: " + err.Error()}
	}
	if len(nodes) != 1 {
		t.Fatalf("%s has %d nodes", name, len(nodes))
	}
	again := "passtlab reproduce " + from
	if network != "" {
		again += " --network " + string(network)
	}
	tried = append(tried, again)
	made, err := reproduce.Make(t.Context(), reproduce.Input{Name: name, Saved: nodes[0]},
		reproduce.Options{ID: "field", Network: network, Roles: []scenarios.Role{scenarios.RoleKubelet}}, "field.yaml", run.Options{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s := nodes[0]
	s.Observation.Role = string(scenarios.RoleKubelet)
	s.Observation.Config.ServiceSubnets = []netip.Prefix{netip.MustParsePrefix(serviceSubnet)}
	return tried, []string{picks(pick.Saved(t.Context(), name, s, builtin.All())), reproduced(made)}
}

// picks says in one line what selectors pick.
func picks(r pick.Report) string {
	var order []string
	by := map[string][]string{}
	add := func(what, who string) {
		if by[what] == nil {
			order = append(order, what)
		}
		by[what] = append(by[what], who)
	}
	for _, p := range r.Picks {
		if p.Unsupported != "" || p.Error != "" {
			add("not asked", p.Selector)
			continue
		}
		var as []string
		for _, a := range p.Answers {
			as = append(as, fmt.Sprint(a.Addresses))
		}
		what := strings.NewReplacer("[]", "none", "[", "", "]", "").Replace(strings.Join(as, " or "))
		add(what, p.Selector)
	}
	var words []string
	for _, what := range order {
		words = append(words, fmt.Sprintf("%s: %s", what, strings.Join(by[what], ", ")))
	}
	return fmt.Sprintf("%s; %s", r.Format, strings.Join(words, "; "))
}

// reproduced says in one line whether the lab is as the input, and what works there.
func reproduced(m reproduce.Made) string {
	var differs []string
	for _, r := range m.Rows {
		for _, d := range r.Differs {
			differs = append(differs, r.Address+": "+d)
		}
	}
	is := "the lab has the same addresses"
	if len(differs) > 0 {
		is = "the lab differs: " + strings.Join(differs, ", ")
	}
	var works []string
	for _, w := range m.Scenario.Expect.Reachable {
		works = append(works, w.String())
	}
	if works == nil {
		works = []string{"nothing"}
	}
	return fmt.Sprintf("%s; reachable: %s; %s", is, strings.Join(works, ", "), wrong(m.Scenario))
}

// wrong says which selectors fail in a scenario.
func wrong(sc *scenarios.Scenario) string {
	var names []string
	for _, s := range builtin.All() {
		if fails(sc, s) {
			names = append(names, s.Name())
		}
	}
	if names == nil {
		return "all selectors are right"
	}
	return "wrong: " + strings.Join(names, ", ")
}

func fails(sc *scenarios.Scenario, s selector.Selector) bool {
	return slices.ContainsFunc(sc.Expect.Failures, func(f scenarios.Failure) bool { return f.Selector == s.Name() })
}
