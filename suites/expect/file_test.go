package expect

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// scenario is one with two roles.
func scenario(id string) *scenarios.Scenario {
	return &scenarios.Scenario{
		ID: id, Roles: []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd},
		Prove: scenarios.Prove{Good: "good", Bad: "bad", Picks: "slaac"},
	}
}

// expectations reads text for a run of the scenarios a and b.
func expectations(text string, selectors ...string) (*File, error) {
	etcd := scenario("b")
	etcd.Roles = []scenarios.Role{scenarios.RoleEtcd}
	etcd.Events = append(etcd.Events, scenarios.Event{Action: &scenarios.Checkpoint{Name: "moved"}},
		scenarios.Event{Action: &scenarios.Checkpoint{Name: "seen", Judge: new(false)}})
	return parse("dir/passtlab.expect.yaml", []byte(text), []*scenarios.Scenario{scenario("a"), etcd}, selectors)
}

func TestExpectationsFaults(t *testing.T) {
	const ok = `failures:
  - selector: mine
    versions: v1.0.0..v1.2.0
    scenarios: [a, b]
    verdict: fail
    picks: slaac
    reason: too old
    link: https://example.org/issue/1
`
	if e, err := expectations(ok, "mine@v1.1.0"); err != nil || len(e.Failures) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := expectations("failures: []\n"); err != nil || len(e.Failures) != 0 {
		t.Errorf("no failures: %+v, %v", e, err)
	}
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(ok) }
	for _, tt := range []struct{ name, text, want string }{
		{"empty file", " \n", ":1:1: the file is empty; expected a mapping of failures"},
		{"unknown key", replace("reason", "reasons"), ":7:5: failures[0].reasons: unknown key"},
		{"no reason", replace("    reason: too old\n", ""), ":2:5: failures[0].reason: missing"},
		{"unknown verdict", replace("verdict: fail", "verdict: xfail"), ":5:14: failures[0].verdict: \"xfail\" does not have the right form; expected fail or skip"},
		{"unknown pick", replace("slaac", "slac"), `did you mean "slaac"?`},
		{"fails with no pick", replace("    picks: slaac\n", ""), ":2:5: failures[0].picks: missing for a selector that fails"},
		{"skips with a pick", replace("verdict: fail", "verdict: skip"), ":6:12: failures[0].picks: a selector that is skipped does not fail"},
		{"unknown selector", replace("mine", "mime"), `:2:15: failures[0].selector: mime takes no part in this run; expected one of mine; did you mean "mine"?`},
		{"selector with version", replace("selector: mine", `selector: "mine@v1.1.0"`), "without its version"},
		{"no range", replace("v1.0.0..v1.2.0", "new"), `:3:15: failures[0].versions: parse versions "new"`},
		{"range before the run", replace("v1.0.0..v1.2.0", "..v1.0.9"), ":3:15: failures[0].versions: ..v1.0.9 is stale: no version of this run lies in it; expected a range with one of v1.1.0"},
		{"range after the run", replace("v1.0.0..v1.2.0", "v1.1.1.."), "is stale"},
		{"unknown scenario", replace("[a, b]", "[a, nosuchthing]"), ":4:20: failures[0].scenarios[1]: no scenario is called nosuchthing"},
		{"unknown scenario, near one of the corpus", replace("[a, b]", "[passt-slaac-then-dhcpv]"), `did you mean "passt-slaac-then-dhcpv6"?`},
		{"scenario twice", replace("[a, b]", "[a, a]"), "a stands twice"},
		{"a role that is not asked", replace("verdict: fail", "role: kubelet\n    verdict: fail"), ":4:20: failures[0].scenarios[1]: b does not ask for the role kubelet"},
		{"unknown kind", replace("picks: slaac", "picks: slaac\n    kind: flip"), `did you mean "flap"?`},
		{"skips in a way", replace("verdict: fail", "verdict: skip\n    kind: flap", "    picks: slaac\n", ""), "failures[0].kind: a selector that is skipped does not fail"},
		{"skips somewhere", replace("verdict: fail", "verdict: skip\n    at: end", "    picks: slaac\n", ""), "failures[0].at: a selector that is skipped does not fail"},
		{"unknown checkpoint", replace("[a, b]", "[b]", "picks: slaac", "picks: slaac\n    at: move"), `failures[0].scenarios[0]: b judges at no checkpoint move; expected a scenario with that checkpoint; did you mean "moved"?`},
		{"another's checkpoint", replace("picks: slaac", "picks: slaac\n    at: moved"), "failures[0].scenarios[0]: a judges at no checkpoint moved"},
		{"a checkpoint that only asks", replace("[a, b]", "[b]", "picks: slaac", "picks: slaac\n    at: seen"), "b judges at no checkpoint seen"},
		{"stated twice", ok + strings.TrimPrefix(ok, "failures:\n"), ":11:17: failures[1].scenarios[0]: a stands in failures[0] already"},
		{"link without scheme", replace("https://", ""), "failures[0].link"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := expectations(tt.text, "mine@v1.1.0")
			wantError(t, err, tt.want)
			if _, ok := errors.AsType[scenarios.Faults](err); !ok || !strings.HasPrefix(err.Error(), "dir/passtlab.expect.yaml:") {
				t.Errorf("%T without a place: %v", err, err)
			}
		})
	}
	_, err := expectations(ok, "mine")
	wantError(t, err, "mine has no version in this run")
	apart := ok + replace("failures:\n", "", "v1.0.0..v1.2.0", "v1.3.0..")
	if _, err := expectations(apart, "mine@v1.1.0", "mine@v1.4.0"); err != nil {
		t.Errorf("ranges apart: %v", err)
	}
	if _, err := expectations(replace("[a, b]", "[passt-slaac-then-dhcpv6]"), "mine@v1.1.0"); err != nil {
		t.Errorf("a scenario of the corpus: %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestSpans(t *testing.T) {
	all := []string{"v1", "v2", "v3", "v4"}
	for _, tt := range []struct{ in, want string }{
		{"v1 v2 v3 v4", ""}, {"v1", "v1"}, {"v1 v2", "v1..v2"}, {"v4", "v4.."}, {"v1 v3 v4", "v1 v3.."}, {"v2 v3", "v2..v3"},
	} {
		if got := strings.Join(spans(all, strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzExpectations(f *testing.F) {
	f.Add([]byte("failures:\n  - {selector: mine, versions: v1.., scenarios: [a], verdict: fail, picks: slaac, reason: r}\n"))
	f.Add([]byte("failures: []\n"))
	f.Add([]byte("failures: {a: 1}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := expectations(string(data), "mine@v1.1.0")
		if err != nil {
			if _, ok := errors.AsType[scenarios.Faults](err); !ok {
				t.Errorf("error %T: %v", err, err)
			}
			return
		}
		var text bytes.Buffer
		if err := e.write(&text); err != nil {
			t.Fatal(err)
		}
		if _, err := expectations(text.String(), "mine@v1.1.0"); err != nil {
			t.Errorf("cannot read what was written: %v\n%s", err, &text)
		}
	})
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q in it", err, want)
	}
}
