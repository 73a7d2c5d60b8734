package strict

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scan finds faults that the YAML parser reports without a column, or not at all.
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
			return faults // the rest is no text either
		case r == '\t' && indent:
			fail(line, column, "a tab in the indentation", "spaces", "replace the tab by spaces")
			indent = false // one fault a line
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			fail(line, column, fmt.Sprintf("the control character %U", r), "text", "remove it")
		case r == '\r' && (len(rest) == 0 || rest[0] != '\n'), strings.ContainsRune("\u0085\u2028\u2029", r):
			// YAML 1.1, 4.2 begins a new line here, and an editor may not.
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
	// The library's scanner counts lines from 1, its parser from 0. These are errors of
	// the parser.
	offByOne = regexp.MustCompile(`did not find expected (<document start>|node content|key|'-' indicator|',' or '[]}]')$`)
)

// SyntaxError returns the line and the problem of an error of the YAML library.
func SyntaxError(data []byte, err error) (line int, problem string) {
	problem, line = err.Error(), 1
	if m := yamlError.FindStringSubmatch(problem); m != nil {
		line, _ = strconv.Atoi(m[1])
		if offByOne.MatchString(problem) {
			line++
		}
		problem = strings.TrimPrefix(problem, m[0])
	}
	return min(max(line, 1), bytes.Count(data, []byte("\n"))+1), problem
}

// syntaxFault makes a fault of an error of the YAML library, which has no column. Its
// column is the beginning of the line's text.
func syntaxFault(data []byte, err error) Fault {
	line, problem := SyntaxError(data, err)
	text := strings.Split(string(data), "\n")[line-1]
	return Fault{
		Line: line, Column: 1 + len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace)), Problem: "not YAML: " + problem,
		Expected: "YAML", Next: "look at the indentation, colons and quotes from here on",
	}
}
