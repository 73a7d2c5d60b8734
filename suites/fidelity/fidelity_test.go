package fidelity

import (
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

// program is the real passt, or ends the test.
func program(t *testing.T) sim.Backend {
	t.Helper()
	need.Namespaces(t)
	b, err := sim.Program(t.Context(), os.Getenv("PASSTLAB_PROGRAM"))
	if errors.Is(err, sim.ErrNoProgram) && os.Getenv("PASSTLAB_REQUIRE_PASST") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(); err != nil && os.Getenv("PASSTLAB_REQUIRE_PASST") != "1" {
		t.Skip(err)
	}
	if _, err := passt.Lookup(b.Release); err != nil {
		t.Fatalf("%s: %v", b.Program, err)
	}
	return b
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

// TestScenarios has the corpus on both backends, as the program's release where
// a scenario is about no release.
func TestScenarios(t *testing.T) {
	b := program(t)
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if scs, err = sim.As(b.Release, scs...); err != nil {
		t.Fatal(err)
	}
	c := Compare(judge(t, sim.Backend{}, scs...), judge(t, b, scs...), Differences)
	fmt.Printf("%s is passt %s\n\n", b.Program, b.Release)
	if err := c.Print(os.Stdout, Differences); err != nil {
		t.Error(err)
	}
	if err := c.Err(); err != nil {
		t.Error(err)
	}
}

// TestOtherRelease shows that the comparison can fail: since 2026_07_16 a given
// address freezes where inbound traffic goes, and before it does not.
func TestOtherRelease(t *testing.T) {
	b := program(t)
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(scs, func(sc *scenarios.Scenario) bool { return sc.ID == "given-address" })
	if i < 0 {
		t.Fatal("the corpus has no given-address")
	}
	ours, theirs := *scs[i], *scs[i]
	ours.Passt.Release, theirs.Passt.Release = "2026_07_16", b.Release
	if b.Release >= "2026_07_16" {
		ours.Passt.Release = "2025_05_03"
	}
	err = Compare(judge(t, sim.Backend{}, &ours), judge(t, b, &theirs), Differences).Err()
	if err == nil || !strings.Contains(err.Error(), "in, bound, after") {
		t.Errorf("passt %s compared with %s: got %v", b.Release, ours.Passt.Release, err)
	}
}

// TestRecordings plays what real passts once answered.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob("../../sim/passt/wire/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		rec, err := wire.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(rec.Release, func(t *testing.T) { play(t, rec) })
	}
}

// TestNewRecording records the real passt and plays that.
func TestNewRecording(t *testing.T) {
	b := program(t)
	from, err := wire.Stimuli()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sim.OpenSocket(t.Context(), b, wire.Pod(passt.Release{}), wire.Guest)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := wire.Record(t.Context(), s, b.Release, from)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	play(t, rec)
	// And it can fail.
	rec.Cases[0].Received = append(rec.Cases[0].Received, []byte{0})
	rel, _ := passt.Lookup(b.Release)
	if res, err := wire.Play(rec, rel); err != nil || res.Failed() != 1 {
		t.Errorf("a doctored recording: %d failed, %v", res.Failed(), err)
	}
}

func play(t *testing.T, rec *wire.Recording) {
	t.Helper()
	rel, err := passt.Lookup(rec.Release)
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
