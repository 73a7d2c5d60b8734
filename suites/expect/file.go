package expect

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/input"
	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
)

// File has the failures that a project knows of its selectors.
type File struct {
	Failures []Failure `yaml:"failures" required:"true"`

	name string // of the file
}

// Failure is one cause that makes a selector fail in some scenarios.
type Failure struct {
	// Selector is the name without a version.
	Selector string `yaml:"selector" required:"true" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" form:"the name of a selector, without its version"`
	// Versions is the range of versions that fail (catalogue.ParseRange).
	// Empty: all, and what has no version.
	Versions string `yaml:"versions,omitempty" pattern:"^[^ ]+$" form:"a range of versions such as v1.0.0..v1.2.3, v1.0.0.. or ..v1.2.3"`
	// Scenarios are the ids of those in which it fails.
	Scenarios []string `yaml:"scenarios" required:"true" nonempty:"true"`
	// Role in which it fails. Empty: in all roles of the scenario.
	Role scenarios.Role `yaml:"role,omitempty"`
	// Verdict is "fail" or "skip".
	Verdict string `yaml:"verdict" required:"true" pattern:"^(fail|skip)$" form:"fail or skip"`
	// Picks is the pick of a failing selector: an origin, none, other, or an
	// address.
	Picks scenarios.Pick `yaml:"picks,omitempty"`
	// Kind is how it fails. Empty: wrong, or lost where Picks is none.
	Kind scenarios.FailureKind `yaml:"kind,omitempty"`
	// At is the checkpoint at which it fails first. Empty: the end.
	At string `yaml:"at,omitempty" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"the name of a checkpoint"`
	// Reason says why it fails.
	Reason string `yaml:"reason" required:"true"`
	// Link leads to the discussion.
	Link string `yaml:"link,omitempty" pattern:"^(https://[^ ]+|[A-Za-z0-9-]+/[A-Za-z0-9._-]+#[0-9]+)$" form:"a URL such as https://example.org/issue/1, or OWNER/REPOSITORY#NUMBER"`
}

// Load reads a file of expectations for the run of these scenarios and selectors. Each
// of its selectors has to take part in the run, in a version of the range. Its
// scenarios have to be those of the run or of the corpus. Faults of the file are
// scenarios.Faults.
func Load(file string, run []*scenarios.Scenario, selectors []string) (*File, error) {
	data, err := input.ReadFile(file, scenarios.MaxStrict)
	if err != nil {
		return nil, fmt.Errorf("read expectations: %w", err)
	}
	return parse(file, data, run, selectors)
}

func parse(file string, data []byte, run []*scenarios.Scenario, selectors []string) (*File, error) {
	e := &File{name: filepath.Base(file)}
	if err := scenarios.Strict(file, data, e, func() []scenarios.Fault { return e.check(run, selectors) }); err != nil {
		return nil, err
	}
	return e, nil
}

// check returns the faults of e as expectations of a run.
func (e *File) check(run []*scenarios.Scenario, selectors []string) (faults []scenarios.Fault) {
	for i, f := range e.Failures {
		key := fmt.Sprintf("failures[%d]", i)
		for _, fault := range slices.Concat(f.checkPick(), f.checkSelector(selectors), f.checkScenarios(run), e.checkOnce(i)) {
			fault.Key = key + "." + fault.Key
			faults = append(faults, fault)
		}
	}
	return faults
}

func (f Failure) checkPick() []scenarios.Fault {
	if f.Verdict == report.Fail.String() && f.Picks == "" {
		return []scenarios.Fault{{Key: "picks", Problem: "missing for a selector that fails", Expected: words(scenarios.Picks()),
			Next: "add what it picks; none means no address"}}
	}
	for _, of := range []struct{ key, value string }{{"picks", string(f.Picks)}, {"kind", string(f.Kind)}, {"at", f.At}} {
		if f.Verdict == report.Skip.String() && of.value != "" {
			return []scenarios.Fault{{Key: of.key, Problem: "a selector that is skipped does not fail", Next: "remove it"}}
		}
	}
	return nil
}

// checkSelector looks for the selector, and for a version of it in the range.
func (f Failure) checkSelector(selectors []string) []scenarios.Fault {
	var names, versions []string
	for _, s := range selectors {
		name, version, _ := strings.Cut(s, "@")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if name == f.Selector && version != "" {
			versions = append(versions, version)
		}
	}
	if !slices.Contains(names, f.Selector) {
		return []scenarios.Fault{{Key: "selector", Problem: fmt.Sprintf("%s takes no part in this run", f.Selector),
			Expected: words(names), Near: near.Word(f.Selector, names), Next: "correct the name, or remove the entry"}}
	}
	if f.Versions == "" {
		return nil
	}
	r, err := catalogue.ParseRange(f.Versions)
	switch {
	case err != nil:
		return []scenarios.Fault{{Key: "versions", Problem: err.Error(), Next: "correct the range"}}
	case len(versions) == 0:
		return []scenarios.Fault{{Key: "versions", Problem: f.Selector + " has no version in this run", Next: "leave the range out"}}
	case !slices.ContainsFunc(versions, r.Contains):
		return []scenarios.Fault{{Key: "versions", Problem: fmt.Sprintf("%s is stale: no version of this run lies in it", f.Versions),
			Expected: "a range with one of " + strings.Join(versions, ", "), Next: "correct the range, or remove the entry"}}
	}
	return nil
}

func (f Failure) checkScenarios(run []*scenarios.Scenario) (faults []scenarios.Fault) {
	for i, id := range f.Scenarios {
		key := fmt.Sprintf("scenarios[%d]", i)
		sc, ids := named(id, run)
		if sc == nil {
			faults = append(faults, scenarios.Fault{Key: key, Problem: fmt.Sprintf("no scenario is called %s", id),
				Near: near.Word(id, ids), Next: "correct the id, or remove it; passtlab list shows all"})
			continue
		}
		if f.Role != "" && !slices.Contains(sc.Roles, f.Role) {
			faults = append(faults, scenarios.Fault{Key: key, Problem: fmt.Sprintf("%s does not ask for the role %s", id, f.Role),
				Expected: "a scenario with that role", Next: "correct the role, or remove the scenario"})
		}
		if names := judgedAt(sc); f.At != "" && !slices.Contains(names, f.At) {
			faults = append(faults, scenarios.Fault{Key: key, Problem: fmt.Sprintf("%s judges at no checkpoint %s", id, f.At),
				Expected: "a scenario with that checkpoint", Near: near.Word(f.At, names), Next: "correct at, or remove the scenario"})
		}
	}
	return faults
}

// named returns the scenario of that id, of the run or of the corpus. It reads the
// whole corpus only where there is none, for the ids of all others.
func named(id string, run []*scenarios.Scenario) (sc *scenarios.Scenario, ids []string) {
	scs, is := run, func(sc *scenarios.Scenario) bool { return sc.ID == id }
	if !slices.ContainsFunc(scs, is) {
		scs, _ = scenarios.Named(id) // a test reads the corpus
	}
	if i := slices.IndexFunc(scs, is); i >= 0 {
		return scs[i], nil
	}
	corpus, _ := scenarios.Corpus()
	for _, sc := range slices.Concat(run, corpus) {
		ids = append(ids, sc.ID)
	}
	return nil, ids
}

// judgedAt returns the names of the checkpoints at which selectors are judged.
func judgedAt(sc *scenarios.Scenario) (names []string) {
	for _, e := range sc.Timeline() {
		if cp, ok := e.Action.(*scenarios.Checkpoint); ok && cp.Judged() {
			names = append(names, cp.Name)
		}
	}
	return names
}

// checkOnce makes sure that no failure stands twice.
func (e *File) checkOnce(i int) (faults []scenarios.Fault) {
	f := e.Failures[i]
	for j, g := range e.Failures[:i] {
		if f.Selector != g.Selector || !(f.Role == g.Role || f.Role == "" || g.Role == "") || !overlap(f.Versions, g.Versions) {
			continue
		}
		for k, id := range f.Scenarios {
			if slices.Contains(g.Scenarios, id) {
				faults = append(faults, scenarios.Fault{Key: fmt.Sprintf("scenarios[%d]", k),
					Problem: fmt.Sprintf("%s stands in failures[%d] already", id, j), Expected: "each failure once", Next: "remove one"})
			}
		}
	}
	return faults
}

// overlap reports whether two ranges have a version in common.
func overlap(a, b string) bool {
	ra, errA := catalogue.ParseRange(a)
	rb, errB := catalogue.ParseRange(b)
	if errA != nil || errB != nil { // no range means all versions; checkSelector refuses others
		return true
	}
	before := func(x, y catalogue.Range) bool {
		return x.To != "" && y.From != "" && catalogue.Compare(x.To, y.From) < 0
	}
	return !before(ra, rb) && !before(rb, ra)
}

// Known returns the failure that e has for a selector in a role of a scenario. A nil e
// has none.
func (e *File) Known(id, name string, role scenarios.Role) (Known, bool) {
	if e == nil {
		return Known{}, false
	}
	base, version, _ := strings.Cut(name, "@")
	for _, f := range e.Failures {
		if f.Selector != base || f.Role != "" && f.Role != role || !slices.Contains(f.Scenarios, id) {
			continue
		}
		if r, err := catalogue.ParseRange(f.Versions); f.Versions != "" && (err != nil || version == "" || !r.Contains(version)) {
			continue
		}
		k := Known{By: e.name, Project: true, Skipped: f.Verdict == report.Skip.String(), Why: f.Reason,
			Failure: scenarios.Failure{Picks: f.Picks, Kind: f.Kind, At: f.At}}
		if f.Link != "" {
			k.Why += " (" + f.Link + ")"
		}
		return k, true
	}
	return Known{}, false
}

func words[T ~string](ws []T) string {
	var ss []string
	for _, w := range ws {
		ss = append(ss, string(w))
	}
	return "one of " + strings.Join(ss, ", ")
}
