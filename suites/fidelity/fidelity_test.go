package fidelity

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// inCI says that a program which cannot be had, or run, is a failure.
func inCI() bool { return os.Getenv("PASSTLAB_REQUIRE_PASST") == "1" }

// TestPrograms compares each real passt that PASSTLAB_PROGRAMS names with the
// simulation, and with -page writes the page about all of them.
func TestPrograms(t *testing.T) {
	need.Namespaces(t)
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	var all []program
	for _, name := range strings.Fields(cmp.Or(os.Getenv("PASSTLAB_PROGRAMS"), "pasta")) {
		b, err := sim.Program(t.Context(), name)
		if err == nil {
			err = b.Check()
		}
		if slices.ContainsFunc(all, func(p program) bool { return p.Release == b.Release }) {
			fmt.Printf("%s is passt %s, as another\n", b.Program, b.Release)
			continue
		}
		t.Run(cmp.Or(b.Release, name), func(t *testing.T) {
			switch {
			case err == nil:
			case inCI():
				t.Fatal(err)
			default:
				t.Skip(err)
			}
			p := program{Backend: b}
			t.Run("scenarios", func(t *testing.T) { p.compare(t, scs) })
			t.Run("other release", func(t *testing.T) { otherRelease(t, b, scs) })
			t.Run("frames", func(t *testing.T) { p.record(t) })
			all = append(all, p)
		})
	}
	var cs []Comparison
	for _, p := range all {
		if p.comparison != nil {
			cs = append(cs, p.comparison)
		}
	}
	possible := slices.DeleteFunc(slices.Clone(Differences), func(d Difference) bool {
		return !slices.ContainsFunc(all, func(p program) bool { return p.comparison != nil && d.In(p.Release) })
	})
	if err := Unused(possible, cs...); err != nil && len(cs) > 0 {
		t.Error(err)
	}
	if !*writePage {
		return
	}
	var kept []*wire.Recording
	t.Run("kept", func(t *testing.T) { kept = playKept(t) })
	if t.Failed() {
		return // a page about a failed run would mislead
	}
	if err := save(all, kept); err != nil {
		t.Error(err)
	}
}

// program is a real passt, and what was measured with it.
type program struct {
	sim.Backend
	comparison Comparison
	kernel     string
	frames     wire.Result
}

func judge(t *testing.T, b sim.Backend, scs ...*scenarios.Scenario) *report.Report {
	t.Helper()
	r, err := run.All(t.Context(), run.Config{
		Scenarios: scs, Selectors: builtin.All(), Parallel: 32,
		Options: run.Options{Backend: b, KnownFailures: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// compare has the corpus on both backends, as the program's release where a scenario
// is about no release.
func (p *program) compare(t *testing.T, scs []*scenarios.Scenario) {
	scs, _ = p.Select(scs)
	scs, err := sim.As(p.Behaves(), scs...)
	if err != nil {
		t.Fatal(err)
	}
	real := judge(t, p.Backend, scs...)
	p.kernel, p.comparison = real.Kernel, Compare(judge(t, sim.Backend{}, scs...), real, differencesIn(p.Release))
	fmt.Printf("%s is passt %s\n\n", p.Program, p.Release)
	if err := errors.Join(p.comparison.Print(os.Stdout, Differences), p.comparison.Err()); err != nil {
		t.Error(err)
	}
}

// otherRelease shows that the comparison can fail: since 2026_07_16 a given address
// freezes where inbound traffic goes, and before it does not.
func otherRelease(t *testing.T, b sim.Backend, scs []*scenarios.Scenario) {
	i := slices.IndexFunc(scs, func(sc *scenarios.Scenario) bool { return sc.ID == "given-address" })
	if i < 0 {
		t.Fatal("the corpus has no given-address")
	}
	ours, theirs := *scs[i], *scs[i]
	ours.Passt.Release, theirs.Passt.Release = "2026_07_16", b.Behaves()
	if b.Release >= "2026_07_16" {
		ours.Passt.Release = "2025_05_03"
	}
	err := Compare(judge(t, sim.Backend{}, &ours), judge(t, b, &theirs), Differences).Err()
	if err == nil || !strings.Contains(err.Error(), "in, bound, after") {
		t.Errorf("passt %s compared with %s: got %v", b.Release, ours.Passt.Release, err)
	}
}

// record records the real passt and plays that.
func (p *program) record(t *testing.T) {
	from, err := wire.Stimuli()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := sim.RecordWire(t.Context(), p.Backend, from)
	if err != nil {
		t.Fatal(err)
	}
	p.frames = play(t, rec, p.Behaves())
	// And it can fail.
	rec.Cases[0].Received = append(rec.Cases[0].Received, []byte{0})
	rel, err := passt.Lookup(p.Behaves())
	if err != nil {
		t.Fatal(err)
	}
	if res, err := wire.Play(rec, rel); err != nil || res.Failed() != 1 {
		t.Errorf("a doctored recording: %d failed, %v", res.Failed(), err)
	}
}

// TestRecordings plays what real passts once answered.
func TestRecordings(t *testing.T) { playKept(t) }

func playKept(t *testing.T) (all []*wire.Recording) {
	files, err := filepath.Glob("../../sim/passt/wire/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		rec, err := wire.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
		t.Run(rec.Release, func(t *testing.T) { play(t, rec, rec.Release) })
	}
	return all
}

func play(t *testing.T, rec *wire.Recording, as string) wire.Result {
	t.Helper()
	rel, err := passt.Lookup(as)
	if err != nil {
		t.Fatal(err)
	}
	res, err := wire.Play(rec, rel)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("frames of passt %s: %d passed, %d failed\n", rec.Release, res.Passed, res.Failed())
	if res.Failed() > 0 || res.Passed == 0 {
		var out strings.Builder
		_ = res.Print(&out)
		t.Error(out.String())
	}
	return res
}

// If the program ends, the error says so, with the program's last line.
func TestProgramGone(t *testing.T) {
	need.Namespaces(t)
	if err := (sim.Backend{Program: "any"}).Check(); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "pasta")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n[ \"$1\" != --version ] || exec echo pasta 2024_12_11\necho last words >&2; exit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := sim.Program(t.Context(), file)
	if err != nil || b.Release != "2024_12_11" {
		t.Fatalf("%+v, %v", b, err)
	}
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	_, err = sim.New(t.Context(), scs[len(scs)-1], sim.Options{Backend: b})
	if err == nil || !strings.Contains(err.Error(), "last words") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("told after %s", d)
	}
}
