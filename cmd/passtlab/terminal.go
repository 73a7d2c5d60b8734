package main

import (
	"fmt"
	"io"
	"os"

	"github.com/passtlab/passtlab/suites"
	"golang.org/x/term"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colourful reports whether w shows colours and the user wants any
// (https://no-color.org).
func colourful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// progressLine returns what keeps a line on a terminal up to date, and what
// removes it. Elsewhere both do nothing.
func progressLine(w io.Writer) (show func(suites.Progress), done func()) {
	if !isTerminal(w) {
		return nil, func() {}
	}
	const clear = "\r\x1b[K"
	show = func(p suites.Progress) {
		fmt.Fprintf(w, "%s[%d/%d] %s: %s", clear, p.Done, p.Total, p.Scenario, p.Verdict)
	}
	return show, func() { fmt.Fprint(w, clear) }
}
