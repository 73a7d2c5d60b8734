package scenarios

import "testing"

func TestKernels(t *testing.T) {
	const old, ranged, young, azure = "..6.0", "6.1..6.12", "7.2..", "5.15"
	for _, tt := range []struct {
		release string
		known   bool
		in      []Kernels
		out     []Kernels
	}{
		{"5.10.0-46-cloud-amd64", true, []Kernels{old, "5.10", "5.10.."}, []Kernels{ranged, young, azure, "5.10.1.."}},
		{"5.14.0-503.el9.x86_64", true, []Kernels{old, "5.10..5.14.0"}, []Kernels{azure, "5.15.."}},
		{"5.15.0-1053-azure", true, []Kernels{old, azure}, []Kernels{ranged, "5.15.1.."}},
		{"6.0.19", true, []Kernels{old, "6.0.19", "6.0"}, []Kernels{ranged, "6.0.20..", "..6.0.18"}},
		{"6.1.0-56-cloud-amd64", true, []Kernels{ranged}, []Kernels{old, young}},
		{"6.6.87.2-microsoft-standard-WSL2", true, []Kernels{ranged, "6.6.87"}, []Kernels{"6.6.88.."}},
		{"6.12.95+deb12-amd64", true, []Kernels{ranged}, []Kernels{"6.13..", "6.1..6.12.94"}},
		{"6.18.44-fc-v669", true, []Kernels{"6.18"}, []Kernels{ranged, young, "6.2"}},
		{"7.0.10+deb13-amd64", true, []Kernels{"7.0.0..7.0.11"}, []Kernels{"7.0.0..7.0.9"}},
		{"7.3-rc1", true, []Kernels{young, "7.3.0"}, []Kernels{"7.3.1.."}},
		{"7.3.4", true, []Kernels{young}, []Kernels{old}},
		{"10.0.0", true, []Kernels{young}, []Kernels{"..9.9"}},
		{"", false, []Kernels{young, "6.1.."}, []Kernels{old, ranged, azure}},
		{"unknown", false, []Kernels{young}, []Kernels{old}},
		{"v6.1", false, []Kernels{young}, []Kernels{old}},
		{"6", false, []Kernels{young}, []Kernels{old}},
		{"6.x", false, []Kernels{young}, []Kernels{old}},
		{"6.1.", false, []Kernels{young}, []Kernels{old}},
		{"6.1.2.3.4", false, []Kernels{young}, []Kernels{old}},
		{"99999999999999999999.1", false, []Kernels{young}, []Kernels{old}},
		{"6.1\n", true, []Kernels{ranged}, nil},
	} {
		for want, all := range map[bool][]Kernels{true: tt.in, false: tt.out} {
			for _, k := range all {
				if _, err := ParseKernels(string(k)); err != nil {
					t.Error(err)
				}
				if in, known := k.Contains(tt.release); in != want || known != tt.known {
					t.Errorf("%q in %s: %t, known %t; want %t, %t", tt.release, k, in, known, want, tt.known)
				}
			}
		}
	}
	for _, s := range []string{"", "..", "6", "6..", "..6", "6.1...6.2", "6.2..6.1", "6.1.2..6.1.1", ">=6.1", "v6.1..", "6.1 .. 6.2", "6.1-rc1", "6.1.2.3", "99999.1"} {
		if k, err := ParseKernels(s); err == nil {
			t.Errorf("ParseKernels(%q) = %q, want an error", s, k)
		}
	}
}

// FuzzKernels: whatever the release is, a range contains it or those around it do.
func FuzzKernels(f *testing.F) {
	for _, s := range []string{"6.1.0-56-cloud-amd64", "7.0.10+deb13-amd64", "6.6.87.2-microsoft-standard-WSL2", "unknown", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, release string) {
		at, known := Kernels("6.1..6.12").Contains(release)
		below, _ := Kernels("..6.0").Contains(release)
		above, _ := Kernels("6.13..").Contains(release)
		if n := count(at, below, above); known && n != 1 || !known && (n != 1 || !above) {
			t.Errorf("%q, known %t: below %t, in %t, above %t", release, known, below, at, above)
		}
	})
}

func count(bs ...bool) (n int) {
	for _, b := range bs {
		if b {
			n++
		}
	}
	return n
}
