package observe

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// MaxSize is the size in bytes that a file may have.
const MaxSize = 8 << 20

// maxLines is how many lines a file that is no JSON may have.
const maxLines = 150_000

// Format is the form in which an observation was saved.
type Format string

const (
	FormatObservation Format = "observation"    // JSON, as passtlab observe prints it
	FormatYAML        Format = "talosctl-yaml"  // talosctl get addresses -o yaml
	FormatJSON        Format = "talosctl-json"  // talosctl get addresses -o json
	FormatTable       Format = "talosctl-table" // talosctl get addresses
	FormatIP          Format = "ip"             // ip address, also with -d, -s or a family
	FormatIPOneline   Format = "ip-oneline"     // ip -o address
	FormatIPLines     Format = "ip-lines"       // lines of addresses of ip address, without those of links
	FormatIPBrief     Format = "ip-brief"       // ip -br address
	FormatIPJSON      Format = "ip-json"        // ip -j address
	FormatIPBriefJSON Format = "ip-brief-json"  // ip -br -j address
	FormatIfInet6     Format = "if_inet6"       // /proc/net/if_inet6
)

var formatWords = map[Format]string{
	FormatObservation: "an observation by passtlab",
	FormatYAML:        "talosctl get addresses -o yaml",
	FormatJSON:        "talosctl get addresses -o json",
	FormatTable:       "talosctl get addresses",
	FormatIP:          "ip address",
	FormatIPOneline:   "ip -o address",
	FormatIPLines:     "ip address | grep inet",
	FormatIPBrief:     "ip -br address",
	FormatIPJSON:      "ip -j address",
	FormatIPBriefJSON: "ip -br -j address",
	FormatIfInet6:     "/proc/net/if_inet6",
}

// Words says what prints the format.
func (f Format) Words() string { return formatWords[f] }

// Saved is the observation of one node from a file.
type Saved struct {
	// Node is the name that the file has for the node: talosctl's, or that in a shell
	// prompt. Of several nodes without a name it is a place in the file.
	Node        string
	Observation selector.Observation
	Format      Format
	Lacks       []string // what is not in the file besides Observation.Unknown, in words
	Said        []Said   // what Talos itself says, in the order of the file
	Algorithm   string   // the sort algorithm that Talos says it uses; empty where it is not known
	Object      *Object  // what Kubernetes says; nil where that is not known

	created []time.Time // by address; nil where the file has no such times
	file    string
	line    int
}

// Unknown says in words what is not in the file.
func (s Saved) Unknown() []string { return slices.Concat(s.Observation.Unknown.Words(), s.Lacks) }

// File is a text with its name. It may have the output of several commands, on several
// nodes.
type File struct {
	Name string
	Data []byte
}

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
func Parse(name string, data []byte) ([]Saved, error) { return ParseFiles(File{name, data}) }

// ParseFiles is Parse for several files. What they say about the same node goes
// together.
func ParseFiles(files ...File) ([]Saved, error) {
	var all []found
	for _, f := range files {
		if len(f.Data) > MaxSize {
			return nil, placed(f.Name, fault(1, "an observation", "the file is larger than %d MiB", MaxSize>>20))
		}
		x, err := search(f)
		if err != nil {
			return nil, placed(f.Name, err)
		}
		all = append(all, x)
	}
	return together(all)
}

// placed puts the name of the file into a fault.
func placed(file string, err error) error {
	if f, ok := errors.AsType[strict.Fault](err); ok {
		f.File = file
		return f
	}
	return err
}

func fault(line int, expected, format string, a ...any) error {
	return strict.Fault{Line: line, Problem: fmt.Sprintf(format, a...), Expected: expected}
}

// withNext adds to a fault what somebody can do.
func withNext(err error, next string) error {
	if f, ok := errors.AsType[strict.Fault](err); ok {
		f.Next = next
		return f
	}
	return err
}
