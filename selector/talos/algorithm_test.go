package talos

import (
	"fmt"
	"testing"
)

func TestParseAlgorithm(t *testing.T) {
	for _, g := range Algorithms() {
		if got, err := ParseAlgorithm(g.String()); got != g || err != nil {
			t.Errorf("ParseAlgorithm(%q) = %v, %v", g, got, err)
		}
	}
	for _, s := range []string{"", "v0", "v4", "V1", "1"} {
		if g, err := ParseAlgorithm(s); err == nil {
			t.Errorf("ParseAlgorithm(%q) = %v, want an error", s, g)
		}
	}
}

// The picks of every release so far, for ever: the four cells of the field
// report under the release's default.
func TestOldReleasesNeverChange(t *testing.T) {
	for minor := range 14 {
		for _, form := range []string{"v1.%d", "v1.%d.0", "v1.%d.9", "v1.%d.0-alpha.2", "v1.%d.3-4-gabcdef0-dirty"} {
			release := fmt.Sprintf(form, minor)
			t.Run(release, func(t *testing.T) {
				g, err := DefaultAlgorithm(release)
				if err != nil {
					t.Fatal(err)
				}
				for _, role := range []string{"node", "kubelet", "etcd"} {
					if got := fourCells(t, g, role); got != "[S S D D]" {
						t.Errorf("role %s: %s, want [S S D D]", role, got)
					}
				}
			})
		}
	}
}

func TestDefaultAlgorithm(t *testing.T) {
	tests := []struct {
		release string
		want    Algorithm
	}{
		{"v0.14.3", V1},
		{"v1.0", V1},
		{"v1.13", V1},
		{"v1.13.99", V1},
		{"v1.13.0-rc.1", V1},
		{"v1.14.0-alpha.0", V3},
		{"v1.14", V3},
		{"v1.99.1", V3},
		{"v2.0", V3},
	}
	for _, tt := range tests {
		if got, err := DefaultAlgorithm(tt.release); got != tt.want || err != nil {
			t.Errorf("DefaultAlgorithm(%q) = %v, %v, want %v", tt.release, got, err, tt.want)
		}
	}
	for _, s := range []string{"", "1.9", "v1", "v1.", "v1.x", "v1.09", "v1.9.", "v1.9.1.1", "v1.9-", "v1.9 ", "v-1.9", "v1.99999999999999999999"} {
		if g, err := DefaultAlgorithm(s); err == nil {
			t.Errorf("DefaultAlgorithm(%q) = %v, want an error", s, g)
		}
	}
}

func FuzzDefaultAlgorithm(f *testing.F) {
	f.Add("v1.13.0-rc.1")
	f.Add("v1.14")
	f.Fuzz(func(t *testing.T, s string) {
		g, err := DefaultAlgorithm(s)
		if (err == nil) != (g == V1 || g == V3) {
			t.Errorf("DefaultAlgorithm(%q) = %v, %v", s, g, err)
		}
	})
}
