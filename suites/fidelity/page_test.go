package fidelity

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt/wire"
	"github.com/passtlab/passtlab/sim/probe"
)

var writePage = flag.Bool("page", false, "write docs/fidelity.md about this run")

const (
	pageFile = "../../docs/fidelity.md"
	runFile  = "testdata/run.json" // what the page is made of
)

// measured is what a run says about the real programs.
type measured struct {
	Day      string   `json:"day"`
	Kernel   string   `json:"kernel"`
	Corpus   int      `json:"corpus"`   // scenarios
	Anywhere int      `json:"anywhere"` // of them, compared with some program
	Programs []column `json:"programs"`

	Recordings []string `json:"recordings"` // releases of those that are kept
	Cases      int      `json:"cases"`      // in them
}

// column is about one program. Numbers are of scenarios, unless the name says otherwise.
type column struct {
	Release   string         `json:"release"`
	Package   string         `json:"package"`
	Compared  int            `json:"compared"`
	Equal     int            `json:"equal"`
	Known     int            `json:"known"`     // differ in what is listed
	Other     int            `json:"other"`     // differ in anything else
	Different map[string]int `json:"different"` // by the name of the difference
	Skipped   map[string]int `json:"skipped"`   // by reason
	Verdicts  int            `json:"verdicts"`  // that were compared
	Frames    int            `json:"frames"`    // stimuli whose answers were the same
}

// Skips returns how many scenarios were not compared.
func (c column) Skips() (n int) {
	for _, of := range c.Skipped {
		n += of
	}
	return n
}

// summarize counts what a run has measured.
func summarize(day string, programs []program, recordings []*wire.Recording) (measured, error) {
	m := measured{Day: day}
	for _, rec := range recordings {
		m.Recordings = append(m.Recordings, rec.Release)
		m.Cases += len(rec.Cases)
	}
	anywhere := map[string]bool{}
	for _, p := range programs {
		if p.comparison == nil || p.frames.Passed == 0 {
			return m, fmt.Errorf("write the page: passt %s was not compared in whole", p.Release)
		}
		c := column{Release: p.Release, Package: packageOf(p.Program), Different: map[string]int{}, Skipped: map[string]int{}, Frames: p.frames.Passed}
		for _, r := range p.comparison {
			if r.Skipped != "" {
				c.Skipped[anyRelease.ReplaceAllString(r.Skipped, "$1 …")]++
				continue
			}
			anywhere[r.Scenario] = true
			c.Compared++
			c.Verdicts += r.Verdicts
			switch {
			case len(r.Unlisted) > 0:
				c.Other++
			case len(r.Listed) > 0:
				c.Known++
			default:
				c.Equal++
			}
			for _, name := range r.Listed {
				c.Different[name]++
			}
		}
		m.Programs = append(m.Programs, c)
		m.Kernel, m.Corpus = p.kernel, len(p.comparison)
	}
	m.Anywhere = len(anywhere)
	if len(m.Programs) == 0 {
		return m, errors.New("write the page: no program was compared")
	}
	return m, nil
}

// anyRelease finds which release a scenario and a program have, which makes one reason
// into many.
var anyRelease = regexp.MustCompile(`\b(passt|is) 20\d\d_\d\d_\d\d\b`)

// packageOf returns the package of a program that scripts/fetch-passt.sh has fetched, or
// the path of another.
func packageOf(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		if note, err := os.ReadFile(filepath.Join(filepath.Dir(real), "package")); err == nil {
			return strings.TrimPrefix(strings.TrimSpace(string(note)), "passt ")
		}
	}
	return path
}

// save writes the page and what it is made of.
func save(programs []program, recordings []*wire.Recording) error {
	m, err := summarize(time.Now().UTC().Format("2 January 2006"), programs, recordings)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	page, err := m.page()
	if err != nil {
		return err
	}
	return errors.Join(write(runFile, append(text, '\n')), write(pageFile, page))
}

func write(file string, text []byte) error {
	return outfile.Write(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

//go:embed page.tmpl
var layoutText string

var layout = template.Must(template.New("page").Parse(layoutText))

// page returns the page.
func (m measured) page() ([]byte, error) {
	var b bytes.Buffer
	err := layout.Execute(&b, map[string]any{
		"Run": m, "Differences": Differences,
		"Reasons": m.reasons(),
	})
	return b.Bytes(), err
}

// reasons returns why scenarios were skipped, the most frequent reason first.
func (m measured) reasons() []string {
	n := map[string]int{}
	for _, c := range m.Programs {
		for why, of := range c.Skipped {
			n[why] += of
		}
	}
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
}

// The page is what the generator makes of the run that is kept beside it.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(runFile)
	if err != nil {
		t.Fatal(err)
	}
	var m measured
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("read %s: %v", runFile, err)
	}
	page, err := m.page()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, pageFile, page)
}

// The page says that no listed difference changes what works.
func TestDifferences(t *testing.T) {
	for _, d := range Differences {
		if d.Simulated == probe.OK || d.Real == probe.OK || d.Reason == "" {
			t.Errorf("%+v", d)
		}
	}
	for release, want := range map[string]bool{"2025_01_20": false, "2025_01_21": true, "2025_03_20": true, "2025_03_21": false} {
		if got := (Difference{Since: "2025_01_21", Until: "2025_03_20"}).In(release); got != want {
			t.Errorf("in %s: %v", release, got)
		}
	}
}

func TestSummarize(t *testing.T) {
	rec := &wire.Recording{Release: "2025_05_03", Cases: make([]wire.Case, 3)}
	one := program{Backend: sim.Backend{Program: "/nowhere/pasta", Release: "2025_05_03"}, kernel: "6.1", frames: wire.Result{Passed: 3},
		comparison: Comparison{
			{Scenario: "a", Listed: []string{"accept-then-reset", "refusal-untold"}, Verdicts: 5},
			{Scenario: "b", Skipped: "needs passt 2023_03_09, and is 2025_05_03"},
			{Scenario: "c", Verdicts: 10},
			{Scenario: "f", Skipped: "lost since 2025_02_17"},
			{Scenario: "e", Listed: []string{"accept-then-reset"}, Unlisted: []string{"a, too"}, Verdicts: 1},
			{Scenario: "d", Skipped: "needs passt 2024_12_11, and is 2025_05_03"},
		}}
	two := one
	two.Release = "2023_03_09"
	two.comparison = Comparison{{Scenario: "a"}, {Scenario: "b"}, {Scenario: "c"}, {Scenario: "d", Skipped: "because"}, {Scenario: "e", Skipped: "because"}, {Scenario: "f", Skipped: "because"}}
	got, err := summarize("1 May 2026", []program{one, two}, []*wire.Recording{rec, rec})
	want := measured{Day: "1 May 2026", Kernel: "6.1", Corpus: 6, Anywhere: 4, Recordings: []string{"2025_05_03", "2025_05_03"}, Cases: 6, Programs: []column{
		{Release: "2025_05_03", Package: "/nowhere/pasta", Compared: 3, Equal: 1, Known: 1, Other: 1, Verdicts: 16, Frames: 3,
			Different: map[string]int{"accept-then-reset": 2, "refusal-untold": 1}, Skipped: map[string]int{"needs passt …, and is …": 2, "lost since 2025_02_17": 1}},
		{Release: "2023_03_09", Package: "/nowhere/pasta", Compared: 3, Equal: 3, Frames: 3, Different: map[string]int{}, Skipped: map[string]int{"because": 3}},
	}}
	if d := gocmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	// No cell of the page is empty.
	two.frames = wire.Result{}
	if _, err := summarize("", []program{one, two}, nil); err == nil || !strings.Contains(err.Error(), "passt 2023_03_09 was not compared") {
		t.Errorf("without frames: got %v", err)
	}
	if _, err := summarize("", nil, nil); err == nil {
		t.Error("a page about nothing")
	}
}
