package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Diff says how the frames that a simulation sent differ from those recorded,
// field by field. It is empty if they do not.
func Diff(recorded, simulated [][]byte) string {
	out := new(strings.Builder)
	for i := range max(len(recorded), len(simulated)) {
		switch {
		case i >= len(simulated):
			fmt.Fprintf(out, "  frame %d: recorded, not simulated\n", i+1)
			list(out, recorded[i])
		case i >= len(recorded):
			fmt.Fprintf(out, "  frame %d: simulated, not recorded\n", i+1)
			list(out, simulated[i])
		case !bytes.Equal(recorded[i], simulated[i]):
			fmt.Fprintf(out, "  frame %d:\n", i+1)
			compare(out, decode(recorded[i]), decode(simulated[i]))
		}
	}
	return out.String()
}

func list(out *strings.Builder, frame []byte) {
	for _, f := range decode(frame) {
		fmt.Fprintf(out, "    %s: %s\n", f.name, f.text)
	}
}

// compare pairs fields by their names.
func compare(out *strings.Builder, recorded, simulated []field) {
	const none = "-"
	other := make(map[string]field)
	for _, f := range simulated {
		other[f.name] = f
	}
	for _, f := range recorded {
		g, ok := other[f.name]
		delete(other, f.name)
		switch {
		case !ok:
			write(out, f.name, f.text, none)
		case bytes.Equal(f.raw, g.raw):
		case f.text == g.text: // the library's text does not show the difference
			write(out, f.name, hexadecimal(f.raw), hexadecimal(g.raw))
		default:
			write(out, f.name, f.text, g.text)
		}
	}
	for _, g := range simulated {
		if _, left := other[g.name]; left {
			write(out, g.name, none, g.text)
		}
	}
}

func write(out io.Writer, name, recorded, simulated string) {
	fmt.Fprintf(out, "    %s:\n      recorded  %s\n      simulated %s\n", name, recorded, simulated)
}
