package run

import "testing"

// A line to reproduce a result stays one, and a shell makes the same of it.
func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain":     "plain",
		"two words": "'two words'",
		"a\nb'c\\d": `$'a\nb\'c\\d'`,
		"\x1b[31m":  `$'\x1b[31m'`,
	} {
		if got := quote([]string{"run", in}); got != "run "+want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
