package main

import (
	"fmt"
	"io"
	"os"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/internal/vm"
	"github.com/passtlab/passtlab/suites/run"
)

// bare returns the writer below a visible.Writer. Callers escape control characters
// themselves.
func bare(w io.Writer) io.Writer {
	if v, ok := w.(*visible.Writer); ok {
		return v.W
	}
	return w
}

func isTerminal(w io.Writer) bool { return vm.Columns(bare(w)) > 0 }

// colourful reports whether w shows colours and the user wants any
// (https://no-color.org).
func colourful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

const clearLine = "\r\x1b[K"

// transient writes a line on a terminal and returns a function that removes it. On other
// files it does nothing.
func transient(w io.Writer, line string) (remove func()) {
	if !isTerminal(w) {
		return func() {}
	}
	w = bare(w)
	fmt.Fprint(w, line)
	return func() { fmt.Fprint(w, clearLine) }
}

// progressLine returns a function that updates a line on a terminal, and one that
// removes it. On other files both do nothing.
func progressLine(w io.Writer) (show func(run.Progress), done func()) {
	if !isTerminal(w) {
		return nil, func() {}
	}
	w = bare(w)
	show = func(p run.Progress) {
		line := visible.Line(fmt.Sprintf("[%d/%d] %s: %s", p.Done, p.Total, p.Scenario, p.Verdict))
		// A line that wraps could not be cleared.
		fmt.Fprint(w, clearLine, line[:min(len(line), vm.Columns(w)-1)])
	}
	return show, transient(w, "building labs")
}
