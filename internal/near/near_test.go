package near

import "testing"

func TestWord(t *testing.T) {
	words := []string{"talos-v1", "talos-v2", "kernel", "first"}
	for s, want := range map[string]string{
		"talos-v3": "talos-v1", "Kernl": "kernel", "frist": "first", "x": "", "completely-else": "", "": "",
	} {
		if got := Word(s, words); got != want {
			t.Errorf("Word(%q) = %q, want %q", s, got, want)
		}
	}
	if got, want := Hint("kernl", words), `; did you mean "kernel"?`; got != want {
		t.Errorf("Hint: %q, want %q", got, want)
	}
	if got := Hint("x", nil); got != "" {
		t.Errorf("Hint without words: %q", got)
	}
}
