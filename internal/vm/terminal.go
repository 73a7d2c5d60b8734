package vm

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// columnsEnv has the widths of the terminals outside, of standard output and
// standard error.
const columnsEnv = "PASSTLAB_VM_COLUMNS"

// Columns returns the width of the terminal that w is, or 0. In a virtual machine it
// returns the width of the terminal outside that shows what is written to w.
func Columns(w io.Writer) int {
	f, ok := w.(*os.File)
	switch {
	case !ok:
		return 0
	case Inside():
		var out, errs int
		_, _ = fmt.Sscan(os.Getenv(columnsEnv), &out, &errs)
		return map[uintptr]int{1: out, 2: errs}[f.Fd()]
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return cmp.Or(width, 80) // a terminal may not know its width
}
