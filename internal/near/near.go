package near

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Word returns the word that is closest to s, or "". At most half of the letters, and
// at most three, may differ; case does not count.
func Word(s string, words []string) string {
	best, least := "", 1+max(1, min(3, len(s)/2))
	for _, w := range words {
		if d := levenshtein.ComputeDistance(strings.ToLower(s), strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// Hint returns "; did you mean WORD?" for a message, or "".
func Hint(s string, words []string) string {
	if w := Word(s, words); w != "" {
		return fmt.Sprintf("; did you mean %q?", w)
	}
	return ""
}
