package observe

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// MaxSize is the size in bytes that a saved observation may have.
const MaxSize = 16 << 20

// Format is the form in which an observation was saved.
type Format string

const (
	FormatObservation Format = "observation"    // JSON, as passtlab observe prints it
	FormatYAML        Format = "talosctl-yaml"  // talosctl get addresses -o yaml
	FormatTable       Format = "talosctl-table" // talosctl get addresses
)

// Saved is an observation from a file. What the file does not say is zero in the
// Observation, and named in Unknown.
type Saved struct {
	Observation selector.Observation
	Format      Format
	Unknown     []string // what is not in the file, in words for people

	created []time.Time // by address; nil where the file has no such times
	ordered bool        // whether the addresses are in the kernel's order
}

// UnknownFlags is in Saved.Unknown where the addresses' flags are not known.
const UnknownFlags = "address flags"

// Load reads an observation from r; see Parse.
func Load(name string, r io.Reader) (Saved, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Saved{}, fmt.Errorf("read observation: %w", err)
	}
	return Parse(name, data)
}

// Parse reads an observation in any of the formats from the data of a file. Those of
// talosctl may be pasted from a report, with Markdown around the code and with shell
// prompts. Errors are a strict.Fault without a column.
func Parse(name string, data []byte) (Saved, error) {
	data = []byte(lineEnds.Replace(string(data)))
	switch {
	case len(data) > MaxSize:
		return Saved{}, strict.Fault{File: name, Line: 1, Problem: fmt.Sprintf("the file is larger than %d MiB", MaxSize>>20), Expected: "an observation"}
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		return parseJSON(name, data)
	}
	data = code([]byte(noBreaks.Replace(string(data))))
	if len(bytes.TrimSpace(data)) == 0 {
		return Saved{}, strict.Fault{File: name, Line: 1, Problem: "the file is empty", Expected: known}
	}
	if slices.ContainsFunc(strings.Split(string(data), "\n"), func(line string) bool { return heading(strings.Fields(line)) }) {
		return parseTable(name, data)
	}
	return parseYAML(name, data)
}

var (
	// lineEnds makes every end of a line a line feed. Otherwise line numbers differ: for
	// the YAML library a carriage return ends a line too.
	lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")
	// noBreaks blanks characters that end a line only in YAML (YAML 1.1, 4.2).
	noBreaks = strings.NewReplacer("\u0085", " ", "\u2028", " ", "\u2029", " ")
)

const known = "what passtlab observe, talosctl get addresses -o yaml or talosctl get addresses prints"

// fenced matches blocks of fenced code, and prompts lines that were typed.
var (
	fenced  = regexp.MustCompile("(?ms)^```[^\n]*(.*?)(?:^```|\\z)")
	prompts = regexp.MustCompile(`(?m)^\$ .*`)
)

// code blanks what is not the output of talosctl: if there is fenced code, all lines
// outside of it and other code; and shell prompts. It keeps the numbers of lines.
func code(data []byte) []byte {
	if blocks := fenced.FindAllSubmatchIndex(data, -1); len(blocks) > 0 {
		only := bytes.Repeat([]byte(" "), len(data))
		for i, c := range data {
			if c == '\n' {
				only[i] = c
			}
		}
		for _, b := range blocks {
			if text := data[b[2]:b[3]]; bytes.Contains(text, []byte("AddressStatus")) {
				copy(only[b[0]:], "---") // a block is a document of its own
				copy(only[b[2]:], text)
			}
		}
		data = only
	}
	return prompts.ReplaceAll(data, nil)
}
