package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the size in bytes that a scenario file may have.
const MaxSize = 64 << 10

// A Check looks for what this package cannot know, such as whether a release
// exists. It is asked about a scenario with defaults filled in, in which other
// faults may have been found. Of its faults, Load needs Key, Problem, Expected
// and Next, and adds the place.
type Check func(*Scenario) []Fault

// LoadFile reads the scenarios in the file at path. The error is Faults when
// the file was read but is no good.
func LoadFile(path string, checks ...Check) ([]*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return Load(path, data, checks...)
}

// Load reads the scenarios in data, which came from the file called name: one,
// or as many as its axes (vary) and groups (orders: all) make. A name that ends
// in ".yaml" has to agree with the id in it. Defaults are filled in. The error
// is Faults, and holds everything that is wrong.
func Load(name string, data []byte, checks ...Check) ([]*Scenario, error) {
	root, faults := parse(name, data, MaxSize)
	if len(faults) > 0 {
		return nil, faults
	}
	variants, faults := vary(name, root)
	if len(faults) > 0 {
		return nil, faults
	}
	f := &family{file: name, checks: checks, in: map[Fault][]string{}}
	for _, v := range variants {
		f.add(v)
	}
	if len(f.faults) == 0 {
		f.compare()
		f.failures()
	}
	if err := f.error(); err != nil {
		return nil, err
	}
	return f.scenarios(), nil
}

// parse returns the root of the one YAML document in data.
func parse(name string, data []byte, limit int) (*yaml.Node, Faults) {
	one := func(f Fault) Faults { f.File = name; return Faults{f} }
	if len(data) > limit {
		return nil, one(Fault{Line: 1, Column: 1, Problem: fmt.Sprintf("the file is larger than %d KiB", limit>>10),
			Expected: "a smaller one", Next: "check that this is the file you meant"})
	}
	if faults := scan(name, data); len(faults) > 0 {
		return nil, faults
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && doc.Content[0].Tag == "!!null":
		return nil, one(Fault{Line: 1, Column: 1, Problem: "the file is empty", Expected: "a scenario",
			Next: "begin with a copy of one from the corpus"})
	case err != nil:
		return nil, one(syntaxFault(data, err))
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, one(syntaxFault(data, err))
	}
	return nil, one(Fault{Line: second.Line, Column: second.Column, Problem: "a second document begins here",
		Expected: "one scenario a file", Next: "move it to a file of its own"})
}

// scan finds what the YAML parser would report without a column, or not at all.
func scan(name string, data []byte) (faults Faults) {
	fail := func(line, column int, problem, expected, next string) {
		faults = append(faults, Fault{File: name, Line: line, Column: column, Problem: problem, Expected: expected, Next: next})
	}
	line, column, indent := 1, 1, true
	for rest := data; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		switch {
		case r == utf8.RuneError && n == 1:
			fail(line, column, "a byte that is not UTF-8", "UTF-8 text", "save the file as UTF-8")
			return faults // what follows is no text either
		case r == '\t' && indent:
			fail(line, column, "a tab in the indentation", "spaces", "replace the tab by spaces")
			indent = false // one fault a line
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			fail(line, column, fmt.Sprintf("the control character %U", r), "text", "remove it")
		case r == '\r' && (len(rest) == 0 || rest[0] != '\n'), strings.ContainsRune("\u0085\u2028\u2029", r):
			// YAML begins a new line here (YAML 1.1, 4.2), and an editor may not.
			fail(line, column, fmt.Sprintf("the end of a line as %U", r), "line feeds", "replace it by a line feed")
		}
		switch {
		case r == '\n':
			line, column, indent = line+1, 1, true
		default:
			column++
			indent = indent && r == ' '
		}
	}
	return faults
}

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)
	// The library counts lines from 1 in its scanner's errors and from 0 in
	// its parser's, which are these.
	offByOne = regexp.MustCompile(`did not find expected (<document start>|node content|key|'-' indicator|',' or '[]}]')$`)
)

// syntaxFault makes a fault of the parser's error, which names a line but no
// column: the column given is where the line's text begins.
func syntaxFault(data []byte, err error) Fault {
	f := Fault{Line: 1, Column: 1, Expected: "YAML", Next: "look at the indentation, colons and quotes from here on"}
	text := err.Error()
	m := yamlError.FindStringSubmatch(text)
	f.Problem = "not YAML: " + strings.TrimPrefix(text, m[0])
	if n, err := strconv.Atoi(m[1]); err == nil {
		if offByOne.MatchString(text) {
			n++
		}
		lines := strings.Split(string(data), "\n")
		f.Line = min(max(n, 1), len(lines))
		text := lines[f.Line-1]
		f.Column += len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	}
	return f
}
