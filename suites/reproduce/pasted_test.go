package reproduce

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/run"
)

// pastes are the inputs of package observe.
const pastes = "../../selector/observe/testdata/saved/"

// Each paste that is read, and has a global address, has a scenario without faults.
func TestPastes(t *testing.T) {
	files, err := filepath.Glob(pastes + "*")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") || strings.HasPrefix(filepath.Base(file), "bad-") {
			continue
		}
		for _, in := range pasted(t, file) {
			p, err := newPlan(in, Options{ID: "pasted", Roles: scenarios.Roles()})
			if errors.Is(err, ErrInput) {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			text, err := p.document(in, outcome{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := scenarios.Load("pasted.yaml", text, sim.Check); err != nil {
				t.Errorf("%s: %v\n%s", file, err, text)
			}
			made++
		}
	}
	if made < 25 {
		t.Errorf("only %d scenarios were made", made)
	}
}

func pasted(t *testing.T, file string) (ins []Input) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := observe.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range nodes {
		ins = append(ins, Input{Name: file, Saved: s})
	}
	return ins
}

// What is made of the pasted forms of public reports, measured.
func TestReports(t *testing.T) {
	need.Namespaces(t)
	for _, file := range []string{
		"calico-9349-ip-a.txt", "field-report-ip-6-a.txt", "field-report-ip-j-6-addr.json",
		"field-report-ip-o-6-addr.txt", "talosctl-fence-in-details.txt", "talosctl-user-prompt.txt", "issue.md",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			id, _, _ := strings.Cut(file, ".")
			golden.Check(t, filepath.Join("testdata", "made", id+".txt"), printed(t, pasted(t, pastes+file)[0], Options{ID: id}))
		})
	}
}

// printed returns the file that is made of an input, and what is printed beside it.
func printed(t *testing.T, in Input, opts Options) []byte {
	t.Helper()
	opts.Roles = scenarios.Roles()
	made, err := Make(t.Context(), in, opts, opts.ID+".yaml", run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.NewBuffer(append(made.Text, '\n'))
	if err := made.Write(text, true); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}
