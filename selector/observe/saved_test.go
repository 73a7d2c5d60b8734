package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// TestParse holds what is read from each file, or the fault in it, against
// what was looked at before.
func TestParse(t *testing.T) {
	for _, file := range inputs(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			nodes, err := Load(name, bytes.NewReader(data))
			if bad := strings.HasPrefix(name, "bad-"); bad != (err != nil) {
				t.Errorf("error %v", err)
			}
			var got bytes.Buffer
			if err != nil {
				fmt.Fprintln(&got, err)
			}
			for _, s := range nodes {
				got.WriteString(described(t, s))
			}
			golden.Check(t, file+".golden", got.Bytes())
		})
	}
}

// described has all of an observation.
func described(t *testing.T, s Saved) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%s\nunknown: %s\n", s.Format, strings.Join(s.Unknown(), ", "))
	if s.Node != "" || len(s.Said) > 0 {
		fmt.Fprintf(&out, "node %q, algorithm %q\n", s.Node, s.Algorithm)
	}
	for _, said := range s.Said {
		fmt.Fprintf(&out, "%s has %v (%s)\n", said.Role, said.Addresses, said.Resource)
	}
	if s.Object != nil {
		fmt.Fprintf(&out, "Kubernetes says of %s, pods %v:", s.Object.Name, s.Object.PodCIDRs)
		for _, x := range s.Object.Says {
			fmt.Fprintf(&out, " %s %v", x.Resource, x.Addresses)
		}
		fmt.Fprintln(&out)
	}
	for _, o := range s.Orders() {
		fmt.Fprintf(&out, "order %q:", o.Name)
		for _, a := range o.Observation.Candidates() {
			fmt.Fprintf(&out, " %s", a.Prefix)
		}
		fmt.Fprintln(&out)
	}
	return out.String() + asJSON(t, s.Observation) + "\n"
}

func inputs(t testing.TB) (files []string) {
	t.Helper()
	all, err := filepath.Glob("testdata/saved/*")
	if err != nil || len(all) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return slices.DeleteFunc(all, func(f string) bool { return strings.HasSuffix(f, ".golden") })
}

// The report is the same whether it is pasted with or without the Markdown.
func TestParsePasted(t *testing.T) {
	var got [2]string
	for i, name := range []string{"report.md", "report.yaml"} {
		data, err := os.ReadFile("testdata/saved/" + name)
		if err != nil {
			t.Fatal(err)
		}
		// Web browsers and mail programs end lines in their own way.
		for _, end := range []string{"\n", "\r", "\r\n"} {
			nodes, err := Parse(name, bytes.ReplaceAll(data, []byte("\n"), []byte(end)))
			if err != nil || len(nodes) != 1 {
				t.Fatalf("%d nodes, %v", len(nodes), err)
			}
			got[i] = described(t, nodes[0])
		}
	}
	if d := cmp.Diff(got[0], got[1]); d != "" {
		t.Error(d)
	}
}

// What talosctl prints for two nodes is the same in all formats, apart from what the
// table lacks.
func TestParseFormats(t *testing.T) {
	var got []string
	for _, format := range []string{"yaml", "json", "txt"} {
		data, err := os.ReadFile("testdata/saved/cluster." + format)
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := Parse(format, data)
		if err != nil || len(nodes) != 2 {
			t.Fatalf("%s: %d nodes, %v", format, len(nodes), err)
		}
		text := ""
		for _, s := range nodes {
			s.Format, s.Lacks, s.created, s.Observation.Unknown, s.Observation.Source = "", nil, nil, selector.Facts{selector.FactOrder}, ""
			s.Said = slices.DeleteFunc(s.Said, func(x Said) bool { return x.Resource == "NodeIP kubelet" })
			for j := range s.Observation.Addresses {
				s.Observation.Addresses[j].Flags = 0
			}
			text += described(t, s)
		}
		got = append(got, text)
	}
	for i, format := range []string{"JSON", "the table"} {
		if d := cmp.Diff(got[0], got[i+1]); d != "" {
			t.Errorf("-YAML, +%s:\n%s", format, d)
		}
	}
}

// A fault names the same line however lines end, and whatever else stands there.
func TestParseLineEnds(t *testing.T) {
	files, err := filepath.Glob("testdata/saved/bad-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, want := Parse(file, data)
		for _, end := range []string{"\r\n", "\r"} {
			_, got := Parse(file, bytes.ReplaceAll(data, []byte("\n"), []byte(end)))
			w, _ := errors.AsType[strict.Fault](want)
			g, ok := errors.AsType[strict.Fault](got)
			if w.Line != 0 && (!ok || g.Line != w.Line) {
				t.Errorf("%s with lines that end in %q: %v, want %v", file, end, got, want)
			}
		}
	}
	for text, line := range map[string]int{
		"kind: 1\r\nb: [\r\n":                                      2,
		"kind: 1\rb: 2\rc: :\r: - x\r":                             3,
		"# \u2028 \u0085 \u2029\nkind: [":                          2,
		"{\r\"apiVersion\": \"passtlab/v1\",\r\"addresses\": [,]}": 3,
	} {
		_, err := Parse("x", []byte(text))
		if f, ok := errors.AsType[strict.Fault](err); !ok || f.Line != line {
			t.Errorf("%q: %v, want line %d", text, err, line)
		}
	}
}

func TestParseTooLarge(t *testing.T) {
	_, err := Load("big", bytes.NewReader(bytes.Repeat([]byte(" "), MaxSize+1)))
	if f, ok := errors.AsType[strict.Fault](err); !ok || f.Line != 1 || !strings.Contains(f.Problem, "larger than 8 MiB") {
		t.Error(err)
	}
}

// What Read prints is what Parse reads.
func TestParseRead(t *testing.T) {
	o, err := Read(selector.Here)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := Parse("node", data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(asJSON(t, o), asJSON(t, nodes[0].Observation)); d != "" {
		t.Error(d)
	}
}

func asJSON(t *testing.T, o selector.Observation) string {
	t.Helper()
	data, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Orders neither lose nor change an address, and differ.
func TestOrders(t *testing.T) {
	const head = "NODE NAMESPACE TYPE ID VERSION\n"
	for n, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 6, 4: 8, 5: 10, most: 2 * most, most + 1: 2} {
		table := head + "a network AddressStatus lo/::1/128 1\n"
		for i := range n {
			table += fmt.Sprintf("a network AddressStatus eth0/fd01:cafe::%d/64 1\n", i+1)
		}
		nodes, err := Parse("table", []byte(table))
		if err != nil {
			t.Fatal(err)
		}
		s := nodes[0]
		orders := s.Orders()
		if len(orders) != want {
			t.Errorf("%d candidates: %d orders, want %d", n, len(orders), want)
		}
		seen := map[string]bool{}
		for _, o := range orders {
			as := o.Observation.Addresses
			seen[fmt.Sprint(as)] = true
			if as[0].Link != "lo" {
				t.Errorf("%d candidates: the loopback address moved: %v", n, as)
			}
			slices.SortFunc(as, func(a, b selector.Address) int { return a.Prefix.Compare(b.Prefix) })
			if !slices.Equal(as, s.Observation.Addresses) {
				t.Errorf("%d candidates: %v", n, as)
			}
		}
		if len(seen) != want {
			t.Errorf("%d candidates: %d different orders of %d", n, len(seen), want)
		}
	}
}

// FuzzParse: a fault names a line of the file; what is accepted is whole.
func FuzzParse(f *testing.F) {
	for _, file := range inputs(f) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		nodes, err := Parse("x", data)
		if err != nil {
			fault, ok := errors.AsType[strict.Fault](err)
			if lines := 1 + bytes.Count([]byte(lineEnds.Replace(string(data))), []byte("\n")); !ok || fault.Line < 1 || fault.Line > lines {
				t.Errorf("%d lines: %v", lines, err)
			}
			return
		}
		names := map[string]bool{}
		for _, s := range nodes {
			whole(t, s)
			names[s.Node] = true
		}
		if len(names) != len(nodes) || len(nodes) == 0 {
			t.Errorf("%d nodes with %d names", len(nodes), len(names))
		}
	})
}

// whole holds that nothing of an observation is missing.
func whole(t *testing.T, s Saved) {
	t.Helper()
	for _, a := range s.Observation.Addresses {
		if !a.Prefix.IsValid() || a.Link == "" {
			t.Errorf("%+v", a)
		}
	}
	for _, said := range s.Said {
		if said.Role == "" || said.Resource == "" || slices.ContainsFunc(said.Addresses, func(a netip.Addr) bool { return !a.IsValid() }) {
			t.Errorf("%+v", said)
		}
	}
	for _, o := range s.Orders() {
		if len(o.Observation.Addresses) != len(s.Observation.Addresses) {
			t.Errorf("order %q has %d addresses of %d", o.Name, len(o.Observation.Addresses), len(s.Observation.Addresses))
		}
	}
}
