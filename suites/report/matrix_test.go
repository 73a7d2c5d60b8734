package report

import (
	"slices"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// Scenarios of one file that came out the same share a row, and no others.
func TestFamilyRows(t *testing.T) {
	r := &Report{}
	for _, s := range []struct {
		family, id string
		verdicts   []Verdict // by role
	}{
		{"", "plain", []Verdict{Pass, Pass}},
		{"all", "all-a", []Verdict{Fail, Fail}},
		{"all", "all-b", []Verdict{Fail, Fail}},
		{"some", "some-a", []Verdict{Pass, Pass}},
		{"some", "some-b", []Verdict{Pass, Fail}},
		{"some", "some-c", []Verdict{Pass, Pass}},
		{"some", "some-d", []Verdict{Pass, Fail}},
		{"unlike", "unlike-a", []Verdict{Pass, Pass}},
		{"unlike", "unlike-b", []Verdict{XFail, XFail}},
		{"one", "one", []Verdict{Pass, Pass}},
		{"broken", "broken-a", nil},
		{"broken", "broken-b", nil},
	} {
		var results []Result
		for i, v := range s.verdicts {
			results = append(results, Result{Scenario: s.id, Selector: "x", Role: []scenarios.Role{"kubelet", "etcd"}[i], Verdict: v, Origin: "slaac"})
		}
		r.Add(Scenario{ID: s.id, Family: s.family}, results...)
	}
	var got []string
	for _, row := range newMatrix(r).rows {
		got = append(got, row.label+" "+row.cells[0].text)
	}
	want := []string{
		"plain ✓ slaac", "all (2) ✗ slaac",
		"some-a (+1) ✓ slaac", "some-b (+1) kubelet ✓ slaac", "some-b (+1) etcd ✗ slaac",
		"unlike-a ✓ slaac", "unlike-b (✗) slaac", "one ✓ slaac", "broken (2) !! not run",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAlike(t *testing.T) {
	const a = "at end: picked slaac fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in EHOSTUNREACH"
	for b, want := range map[string]bool{
		"picked slaac fd02:cafe::1/64: out ok (seen as 2001:…7f31), in EHOSTUNREACH":                       true,
		"at end: picked slaac fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in silent":     false,
		"at end: picked vip fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in EHOSTUNREACH": false,
	} {
		if got := alike(a) == alike(b); got != want {
			t.Errorf("%q is like %q: %t", a, b, got)
		}
	}
}
