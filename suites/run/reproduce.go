package run

import (
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
)

// quote joins arguments to a line that a shell splits into the same ones. It
// stays a line: control characters are written as in bash and POSIX 2024, $'\n'.
func quote(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = shellquote.Join(a)
		if visible.Line(a) != a {
			a = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(a)
			words[i] = "$'" + visible.Line(a) + "'"
		}
	}
	return strings.Join(words, " ")
}

// Reproduce returns the arguments that ask a built-in selector in a scenario
// of the corpus again, in the order that was drawn if one was.
func Reproduce(sc *scenarios.Scenario, name string, seed int64) []string {
	args := []string{"passtlab", "run", "--selector", name}
	if len(sc.Order) > 0 {
		args = append(args, "--seed", strconv.FormatInt(seed, 10))
	}
	return append(args, sc.ID)
}
