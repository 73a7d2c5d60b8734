package talos

import "testing"

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
