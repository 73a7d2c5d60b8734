package observe

import (
	"errors"
	"fmt"
	"io"
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
	FormatJSON        Format = "talosctl-json"  // talosctl get addresses -o json
	FormatTable       Format = "talosctl-table" // talosctl get addresses
)

var formatWords = map[Format]string{
	FormatObservation: "an observation by passtlab",
	FormatYAML:        "talosctl get addresses -o yaml",
	FormatJSON:        "talosctl get addresses -o json",
	FormatTable:       "talosctl get addresses",
}

// Words says what prints the format.
func (f Format) Words() string { return formatWords[f] }

// Saved is the observation of one node from a file.
type Saved struct {
	Node        string // as talosctl names it; empty where it does not
	Observation selector.Observation
	Format      Format
	Lacks       []string // what is not in the file besides Observation.Unknown, in words
	Said        []Said   // what Talos itself says, in the order of the file
	Algorithm   string   // the sort algorithm that Talos says it uses; empty where it is not known

	created []time.Time // by address; nil where the file has no such times
}

// Unknown says in words what is not in the file.
func (s Saved) Unknown() []string { return slices.Concat(s.Observation.Unknown.Words(), s.Lacks) }

// Load reads observations from r; see Parse.
func Load(name string, r io.Reader) ([]Saved, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read observation: %w", err)
	}
	return Parse(name, data)
}

// Parse reads the observation of every node in a file of any of the formats; there is
// one at least. Errors are a strict.Fault without a column.
func Parse(name string, data []byte) ([]Saved, error) {
	nodes, err := parse([]byte(lineEnds.Replace(string(data))))
	if f, ok := errors.AsType[strict.Fault](err); ok {
		f.File = name
		err = f
	}
	return nodes, err
}

func parse(data []byte) ([]Saved, error) {
	switch {
	case len(data) > MaxSize:
		return nil, fault(1, "an observation", "the file is larger than %d MiB", MaxSize>>20)
	case !isObservation(data):
		return parseTalosctl(data)
	}
	s, err := parseObservation(data)
	if err != nil {
		return nil, err
	}
	return []Saved{s}, nil
}

// lineEnds makes every end of a line a line feed. Otherwise line numbers differ: for the
// YAML library a carriage return ends a line too.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

const known = "what passtlab observe, talosctl get addresses -o yaml, -o json or talosctl get addresses prints"
