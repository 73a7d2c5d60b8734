package strict

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// notEnd returns err, or nil at the end of the input.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
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
