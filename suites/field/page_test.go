package field

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// page is docs/field.md; all below its mark is of this test.
const (
	page = "../../docs/field.md"
	mark = "<!-- all below: go test ./suites/field -update -->\n"
)

// The log says what comes out today: of pastes and situations that are read and played
// here, and of scenarios whose known failures make e2e requires.
func TestPage(t *testing.T) {
	need.Namespaces(t)
	installed(t, scenarios.ClientNetworkd) // for systemd-963.yaml
	all := reports(t)
	var b bytes.Buffer
	writeReports(&b, all)
	writeTried(&b, "What was pasted", "Files of testdata in suites/field: the address lists of reports, in every form in which they are pasted, shortened. What came out of `pick`: the form that it has recognised, and for each address the selectors that pick it; or why it refuses the file. What came out of `reproduce`: whether the lab has the same addresses, what works there, and which selectors are wrong.", try(t, pasted(all), func(t *testing.T, file string) (commands, out []string) {
		i := slices.IndexFunc(all, func(e *entry) bool { return slices.Contains(e.Pastes, file) })
		return paste(t, file, all[i].Network)
	}))
	writeTried(&b, "What was played", "Situations of reports as a reporter might write them down, files of the same folder. A pick is named with the checkpoint at which it fails first.", try(t, playedFiles(all), situation))
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %s", page, mark)
	}
	golden.Check(t, page, []byte(before+mark+b.String()))
}

// Each file of testdata is of a report, and each report has a scenario, a paste or a
// situation, or the page says that it has none.
func TestTestdata(t *testing.T) {
	all := reports(t)
	of := slices.Concat(pasted(all), playedFiles(all))
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if !slices.Contains(of, filepath.Base(f)) {
			t.Errorf("no report of reports.yaml names %s", f)
		}
	}
	if len(files) != len(of) {
		t.Errorf("reports.yaml names %d files, and there are %d", len(of), len(files))
	}
}

func pasted(all []*entry) (files []string) {
	return unique(all, func(r *entry) []string { return r.Pastes })
}

func playedFiles(all []*entry) (files []string) {
	return unique(all, func(r *entry) []string { return r.Plays })
}

func unique(all []*entry, of func(*entry) []string) (files []string) {
	for _, r := range all {
		for _, f := range of(r) {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return files
}

// installed skips the test without the client.
func installed(t *testing.T, c scenarios.Client) {
	_, err := sim.Client(&scenarios.Scenario{Guest: scenarios.Guest{Client: c}})
	switch {
	case err != nil && os.Getenv("PASSTLAB_REQUIRE_CLIENTS") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
}

// tried is a file, the commands that were tried with it, and what came out.
type tried struct {
	file          string
	commands, out []string
}

// try tries all files at once.
func try(t *testing.T, files []string, one func(*testing.T, string) (commands, out []string)) []tried {
	t.Helper()
	all := make([]tried, len(files))
	var wg sync.WaitGroup
	for i, f := range files {
		wg.Go(func() {
			all[i].file = f
			all[i].commands, all[i].out = one(t, f)
		})
	}
	wg.Wait()
	return all
}

func writeTried(b *bytes.Buffer, title, about string, all []tried) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| file | tried | came out |\n|---|---|---|\n", title, about)
	for _, x := range all {
		var commands []string
		for _, c := range x.commands {
			commands = append(commands, "`"+c+"`")
		}
		fmt.Fprintf(b, "| [%s](../suites/field/testdata/%[1]s) | %s | %s |\n", x.file, strings.Join(commands, "<br>"), strings.Join(escaped(x.out), "<br>"))
	}
}

func escaped(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "\n", " ").Replace(l))
	}
	return out
}

// shown is how many scenarios a row names.
const shown = 3

func writeReports(b *bytes.Buffer, all []*entry) {
	count := 0
	for _, r := range all {
		if len(r.of)+len(r.Pastes)+len(r.Plays) > 0 {
			count++
		}
	}
	fmt.Fprintf(b, "\n## Reports\n\n%d of %d reports have a scenario or a file below. The figures say in how many of the report's scenarios a selector is right, in every role and at every checkpoint.\n\n", count, len(all))
	b.WriteString("| report | situation | tried | scenarios |")
	for _, s := range builtin.All() {
		fmt.Fprintf(b, " %s |", s.Name())
	}
	b.WriteString("\n|---|---|---|---:|" + strings.Repeat("---:|", len(builtin.All())) + "\n")
	for _, r := range all {
		writeReport(b, r)
	}
}

func writeReport(b *bytes.Buffer, r *entry) {
	var families, commands []string
	about := r.About
	for _, sc := range r.of {
		if about == "" {
			about, _, _ = strings.Cut(sc.Title, ": ") // behind it, the names of variants
		}
		if !slices.Contains(families, sc.Family) {
			families = append(families, sc.Family)
		}
	}
	if n := min(shown, len(families)); n > 0 {
		c := "`passtlab run " + strings.Join(families[:n], " ") + "`"
		if more := len(families) - n; more > 0 {
			c += fmt.Sprintf(" and %d more", more)
		}
		commands = append(commands, c)
	}
	for _, f := range slices.Concat(r.Pastes, r.Plays) {
		commands = append(commands, fmt.Sprintf("[%s](../suites/field/testdata/%[1]s)", f))
	}
	if commands == nil {
		commands = []string{"nothing yet"}
	}
	fmt.Fprintf(b, "| %s | %s | %s | %d |", link(r.Report), escaped([]string{about})[0], strings.Join(commands, ", "), len(r.of))
	for _, s := range builtin.All() {
		right := 0
		for _, sc := range r.of {
			if !fails(sc, s) {
				right++
			}
		}
		cell := "–"
		if len(r.of) > 0 {
			cell = fmt.Sprint(right)
		}
		fmt.Fprintf(b, " %s |", cell)
	}
	b.WriteString("\n")
}
