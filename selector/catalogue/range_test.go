package catalogue

import (
	"slices"
	"strings"
	"testing"
)

func TestRange(t *testing.T) {
	for _, tt := range []struct {
		in       string
		want     string // String of it, "" for an error
		in1, in2 bool   // contains v1.2.0, v1.10.0
	}{
		{"v1.2.0..v1.10.0", "v1.2.0..v1.10.0", true, true},
		{"v1.3.0..", "v1.3.0..", false, true},
		{"..v1.9.9", "..v1.9.9", true, false},
		{"v1.2.0", "v1.2.0", true, false},
		{"v1.2.0..v1.2.0", "v1.2.0", true, false},
		{"v1.10.0..v1.2.0", "", false, false},
		{"..", "", false, false},
		{"", "", false, false},
		{"main..v1.2.0", "", false, false},
	} {
		r, err := ParseRange(tt.in)
		if (err == nil) != (tt.want != "") {
			t.Errorf("%q: error %v", tt.in, err)
			continue
		}
		if err != nil {
			continue
		}
		if got := r.String(); got != tt.want || r.Contains("v1.2.0") != tt.in1 || r.Contains("v1.10.0") != tt.in2 {
			t.Errorf("%q: %s, contains v1.2.0 %v, v1.10.0 %v", tt.in, got, r.Contains("v1.2.0"), r.Contains("v1.10.0"))
		}
	}
}

func TestFindAll(t *testing.T) {
	all, err := Find("flannel")
	if err != nil {
		t.Fatal(err)
	}
	listed := all.Versions
	first, last := listed[0], listed[len(listed)-1]
	for _, tt := range []struct {
		spec string
		want []string // nil: an error
	}{
		{"flannel@" + first + ".." + last, listed},
		{"flannel@" + listed[1] + "..", listed[1:]},
		{"flannel@" + last + "," + first, []string{last, first}},
		{"flannel", []string{last}},
		{"flannel@v0.0.1..v0.0.2", nil},
		{"flannel@../a,b", []string{""}},
		{"flannel@v0.25.7,", nil},
		{"flanel@v0.25.7..", nil},
	} {
		ps, err := FindAll(tt.spec)
		var got []string
		for _, p := range ps {
			got = append(got, p.Version)
		}
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%s: %v, %v; want %v", tt.spec, got, err, tt.want)
		}
	}
	if _, err := FindAll("flannel@v9.0.0.."); err == nil || !strings.Contains(err.Error(), first) {
		t.Errorf("a range of nothing: %v", err)
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"v1.2.3..v2.0.0", "v1.2.3..", "..v2.0.0", "v1.2.3", "..", "1..2..3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		if again, err := ParseRange(r.String()); err != nil || again != r {
			t.Errorf("%q is %+v, whose %q is %+v, %v", s, r, r, again, err)
		}
		for _, v := range []string{r.From, r.To} {
			if v != "" && !r.Contains(v) {
				t.Errorf("%q does not contain its end %q", s, v)
			}
		}
	})
}
