package observe

import (
	"encoding/binary"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
)

// line is a line of a file without what stands around the output of a program: colours,
// Markdown, HTML.
type line struct {
	n     int // its number in the file, from 1 on
	text  string
	fence bool // ``` or ~~~, which are no text
}

// lineEnds makes every end of a line a line feed. Otherwise line numbers differ: for the
// YAML library a carriage return ends a line too.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Patterns of what stands around. The escape character of a colour is often lost, or
// written out. A string of YAML or JSON may have one for itself.
var (
	colours = regexp.MustCompile(`\\(?:e|x1b|u001b)\[|(?:\x1b|␛|\^\[|\\033)\[[0-?]*[ -/]*[@-~]|\[(?:\d{1,3}(?:;\d{1,3})*)?m`)
	escapes = regexp.MustCompile(`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[()][0-9A-Z]|\x1b.?`)
	quoted  = regexp.MustCompile(`^\s*(?:>\s?)+`)
	fences  = regexp.MustCompile("^\\s*(?:[-*+]\\s+|\\d+\\.\\s+)?(?:```+|~~~+)\\s*[\\w+-]*\\s*$")
	entity  = regexp.MustCompile(`&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);`)
	newLine = regexp.MustCompile(`(?i)</?(?:br|details|summary|pre|p|div|ul|ol|li|table|tbody|tr|blockquote|html|body)(?:\s[^<>]*)?/?>|\[/?(?:code|quote|pre)(?:=[^\]]*)?\]|\{(?:code|noformat|quote)(?::[^}]*)?\}`)
	tags    = regexp.MustCompile(`(?i)</?(?:code|span|b|i|em|strong|tt|samp|kbd|td|th|font)(?:\s[^<>]*)?>`)
)

// cleaned splits a file into lines. A JSON file is taken as it is: what it has in its
// strings stands around nothing.
func cleaned(data []byte) []line {
	text := lineEnds.Replace(decoded(data))
	asIs := json.Valid([]byte(text))
	var lines []line
	for i, s := range strings.Split(text, "\n") {
		switch {
		case asIs:
			lines = append(lines, line{n: i + 1, text: s})
		default:
			s = unquoted(plain(s))
			if fences.MatchString(s) {
				lines = append(lines, line{n: i + 1, fence: true})
				continue
			}
			for _, part := range newLine.Split(s, -1) {
				part = unnumbered(strings.ReplaceAll(tags.ReplaceAllString(part, " "), "`", " "))
				if tableRow.MatchString(part) {
					if part = strings.ReplaceAll(part, "|", " "); strings.Trim(part, " :-") == "" {
						continue
					}
				}
				lines = append(lines, line{n: i + 1, text: strings.ReplaceAll(part, "~~~", "   ")})
			}
		}
	}
	return lines
}

// Numbers of grep -n and bullets, and lines of ip address that they may stand before. A
// diff is none: it has lines that are gone, too.
var (
	numbers = regexp.MustCompile(`^\s*(?:\d+[:-]|[-*•]\s{1,2})`)
	behind  = regexp.MustCompile(`^\s*(?:inet6?\s+\S|valid_lft\s)`)
)

// unnumbered removes what stands before a line with an address.
func unnumbered(s string) string {
	if n := numbers.FindString(s); n != "" && behind.MatchString(s[len(n):]) && (s[0] != '-' || s[len(n)] != ' ') {
		return s[len(n):]
	}
	return s
}

// tableRow matches a row of a table in Markdown.
var tableRow = regexp.MustCompile(`^\s*\|.*\|\s*$`)

// decoded returns the text of a file, without a byte order mark. PowerShell writes
// UTF-16.
func decoded(data []byte) string {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(string(data), "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(string(data), "\xfe\xff"):
		order = binary.BigEndian
	default:
		return strings.TrimPrefix(string(data), "\ufeff")
	}
	var units []uint16
	for rest := data[2:]; len(rest) > 1; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return string(utf16.Decode(units))
}

// plain removes colours and control characters, and makes every blank a space.
func plain(s string) string {
	s = colours.ReplaceAllStringFunc(s, func(c string) string {
		if strings.HasSuffix(c, "[") { // of a string
			return c
		}
		return ""
	})
	s = escapes.ReplaceAllString(s, "")
	for range 2 { // some are written out twice
		if !strings.Contains(s, "&") {
			break
		}
		s = entity.ReplaceAllStringFunc(s, html.UnescapeString)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
			return ' '
		case r == '\u201c', r == '\u201d', r == '\u201e':
			return '"'
		case r == '\u2010', r == '\u2011', r == '\u2212':
			return '-'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// unquoted removes the ">" of a quotation, and makes blanks of tabs, which YAML forbids.
func unquoted(s string) string {
	return strings.ReplaceAll(quoted.ReplaceAllString(s, ""), "\t", "    ")
}
