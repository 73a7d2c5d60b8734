package scenarios

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/strict"
)

// TestBad loads every file of testdata/bad and compares what is said about it
// with the golden file of the same name.
func TestBad(t *testing.T) {
	files, goldens := glob(t, ".yaml"), glob(t, ".golden")
	if len(files) < 250 {
		t.Errorf("%d bad files, want at least 250", len(files))
	}
	if diff := cmp.Diff(files, goldens); diff != "" && !*golden.Update {
		t.Errorf("bad files without a golden one, or the reverse (-yaml +golden):\n%s", diff)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata/bad", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			s, err := Load(name+".yaml", data)
			faults, ok := errors.AsType[Faults](err)
			if !ok || s != nil {
				t.Fatalf("Load returned %v and error %v, want Faults alone", s, err)
			}
			for _, f := range faults {
				if f.Problem == "" || f.Expected == "" || f.Next == "" || f.Line < 1 || f.Column < 1 {
					t.Errorf("a fault says too little: %+v", f)
				}
			}
			golden.Check(t, filepath.Join("testdata/bad", name+".golden"), []byte(err.Error()+"\n"))
		})
	}
}

// glob returns the names, without ext, of the files in testdata/bad.
func glob(t *testing.T, ext string) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/bad/*" + ext)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ext)
	}
	return files
}

const least = `
id: least
title: The least that a scenario can say
requirement: A requirement.
pod: {address: "fd01:cafe::a/64", gateway: fe80::1}
guest: {mac: "52:54:00:1f:c7:bd"}
events: [ra, dhcpv6]
roles: [kubelet]
expect: {reachable: [dhcpv6]}
prove: {good: good, bad: bad, picks: slaac}
`

func TestDefaults(t *testing.T) {
	scs, err := Load("least.yaml", []byte(least))
	if err != nil {
		t.Fatal(err)
	}
	want := []*Scenario{{
		ID: "least", Title: "The least that a scenario can say", Requirement: "A requirement.",
		Network: NetworkPasst,
		Pod:     Pod{IPv6: new(true), DefaultRoute: new(true), Address: netip.MustParsePrefix("fd01:cafe::a/64"), Gateway: netip.MustParseAddr("fe80::1"), MAC: DefaultPodMAC},
		Passt:   Passt{Release: DefaultRelease, Autonomous: new(true), TCP: AllPorts, UDP: AllPorts},
		Peer:    Peer{Via: ViaLink},
		Guest:   Guest{MAC: MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}, Client: ClientKernel},
		Events:  Plain(EventRA, EventDHCPv6), Roles: []Role{RoleKubelet},
		Expect: Expect{Reachable: []Target{Of(OriginDHCPv6)}}, Prove: Prove{Good: "good", Bad: "bad", Picks: "slaac"},
		Family: "least", File: "least.yaml",
	}}
	if diff := cmp.Diff(want, scs, compareNetip); diff != "" {
		t.Errorf("scenario (-want +got):\n%s", diff)
	}
}

func TestDefaultsOfLists(t *testing.T) {
	scs, err := Load("", []byte(strings.NewReplacer(
		"[ra, dhcpv6]", "[ra, dhcpv6, router]",
		`c7:bd"}`, `c7:bd", interfaces: [{name: data0}, {name: data1, mac: "02:00:00:00:00:77"}, {name: data2}]}`,
	).Replace(least)+`routers: [{prefix: "fd02::/64"}, {prefix: "fd03::/64", linkLocal: fe80::77}, {prefix: "fd04::/64"}]`))
	if err != nil {
		t.Fatal(err)
	}
	s := scs[0]
	var links, macs []string
	for _, r := range s.Routers {
		links = append(links, r.LinkLocal.String())
	}
	for _, f := range s.Guest.Interfaces {
		macs = append(macs, f.MAC.String())
	}
	if want := []string{"fe80::2", "fe80::77", "fe80::4"}; !slices.Equal(links, want) {
		t.Errorf("link-local addresses %v, want %v", links, want)
	}
	if want := []string{"02:00:00:00:02:01", "02:00:00:00:00:77", "02:00:00:00:02:03"}; !slices.Equal(macs, want) {
		t.Errorf("MAC addresses %v, want %v", macs, want)
	}
}

// TestChecks: faults of checks get their place, and a key that could not be
// read is not checked.
func TestChecks(t *testing.T) {
	check := func(s *Scenario) []Fault {
		return []Fault{
			{Key: "prove.bad", Problem: "nobody is called " + s.Prove.Bad, Expected: "a name", Next: "ask"},
			{Key: "passt.release", Problem: "unknown", Expected: "a release", Next: "ask"},
			{Key: "pod.gateway", Problem: "unseen", Expected: "nothing", Next: "ask"},
		}
	}
	_, err := Load("least.yaml", []byte(strings.Replace(least, "gateway: fe80::1", "gateway: 7", 1)), check)
	want := `least.yaml:2:1: passt.release: unknown; expected a release; ask
least.yaml:5:44: pod.gateway: 7 is a number; expected an IPv6 address such as fd01:cafe::1 or fe80::1; write it in quotes
least.yaml:10:26: prove.bad: nobody is called bad; expected a name; ask`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}

var compareNetip = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.IgnoreUnexported(Scenario{}, Event{})}

func TestLoadFile(t *testing.T) {
	if _, err := LoadFile(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v, want %v", err, fs.ErrNotExist)
	}
	path := filepath.Join(t.TempDir(), "least.yaml")
	if err := os.WriteFile(path, []byte(least), 0o644); err != nil {
		t.Fatal(err)
	}
	scs, err := LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(scs) != 1 || scs[0].File != path {
		t.Errorf("File of %v is not %q", scs, path)
	}
}

// TestSize loads a file of the greatest size, and one that is a byte larger.
func TestSize(t *testing.T) {
	fill := func(size int) string {
		path := filepath.Join(t.TempDir(), "least.yaml")
		text := least + "#" + strings.Repeat(" ", size-len(least)-1)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := LoadFile(fill(MaxSize)); err != nil {
		t.Errorf("%d bytes: %v", MaxSize, err)
	}
	if _, err := LoadFile(fill(MaxSize + 1)); err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") {
		t.Errorf("%d bytes: %v, want the fault that it is too large", MaxSize+1, err)
	}
}

// YAML has more ends of a line than an editor, and the parser would count them.
func TestLineEnds(t *testing.T) {
	for text, want := range map[string]string{
		strings.ReplaceAll(least, "\n", "\r\n"):     "",
		"# a\r# b\n" + least:                        "least.yaml:1:4: the end of a line as U+000D",
		least + "# a\u2028b\n":                      "the end of a line as U+2028",
		strings.Replace(least, "\n", "\u0085\n", 1): "the end of a line as U+0085",
	} {
		_, err := Load("least.yaml", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

// FuzzLoad: no input panics; what is refused has a place and a problem; what is
// read can be played.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte(least + varied))
	f.Add([]byte(with("events: [{orders: all, of: [ra, dhcpv6]}, {orders: random, of: [renew, {send: slaac}]}]\n")))
	for _, pattern := range []string{"*/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		scs, err := Load("fuzz", data)
		if err != nil {
			faults, ok := errors.AsType[Faults](err)
			if !ok || len(faults) == 0 || scs != nil {
				t.Fatalf("Load returned %v and %T, want Faults alone", scs, err)
			}
			for _, f := range faults {
				if f.Line < 1 || f.Line > 1+bytes.Count(data, []byte("\n")) || f.Column < 1 || f.Problem == "" {
					t.Errorf("a fault without place or problem: %+v", f)
				}
			}
			return
		}
		if len(scs) == 0 || len(scs) > MaxVariants {
			t.Fatalf("%d scenarios, want 1 to %d", len(scs), MaxVariants)
		}
		for _, s := range scs {
			if cps := s.Timeline(); cps[len(cps)-1].Kind() != EventCheckpoint || s.ID == "" {
				t.Errorf("%q ends with the event %s", s.ID, cps[len(cps)-1].Kind())
			}
		}
	})
}

// TestReadme loads the examples of README.md, which together show every key.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	index := regexp.MustCompile(`\[[0-9]+\]`)
	examples := strings.Split(string(text), "```yaml\n")[1:]
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		for path := range places(t, example) {
			shown[index.ReplaceAllString(path, "")] = true
		}
	}
	var missing []string
	var walk func(path string, rt reflect.Type)
	walk = func(path string, rt reflect.Type) {
		for _, f := range strict.FieldsOf(rt) {
			sub, ft := strict.Join(path, f.Name), rt.Field(f.Index).Type
			if !shown[sub] && f.Name != "role" && len(f.Excludes) == 0 {
				missing = append(missing, sub)
			}
			for ft.Kind() == reflect.Slice || ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			if _, scalar := reader.Scalar(f, ft); ft == reflect.TypeFor[Event]() && path == "" {
				walk(sub, eventKeys)
			} else if !scalar && ft.Kind() == reflect.Struct && f.Name != "of" {
				walk(sub, ft)
			}
		}
	}
	walk("", reflect.TypeFor[Scenario]())
	if len(missing) > 0 {
		t.Errorf("the examples do not show %v", missing)
	}
}

// places returns where each key of a scenario stands.
func places(t *testing.T, text string) map[string]strict.Place {
	t.Helper()
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "id: "), " ")
	id = strings.TrimSpace(strings.Split(id, "\n")[0])
	if _, err := Load(id+".yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	root, faults := reader.Parse("", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	variants, err := vary("", root)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]strict.Place{}
	if i := index(root, "vary"); i >= 0 {
		all["vary"] = strict.PlaceOf(root.Content[i])
	}
	for _, v := range variants {
		maps.Copy(all, reader.Decode("", v.root, &Scenario{}).Places)
	}
	return all
}
