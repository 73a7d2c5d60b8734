package observe

import (
	"encoding/json"
	"regexp"
	"strings"
)

// segment are the lines of one output in a file.
type segment struct {
	shape shape
	typed
	title string // the last line before it that may be the name of a node
	lines []line

	links map[string]bool // those that its lines begin with, and loopback addresses without a link
	last  string          // the last one
}

// text returns the lines as one text.
func (s segment) text() []byte {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// at returns the number in the file of the segment's line i, which counts from 1.
func (s segment) at(i int) int { return s.lines[min(max(i, 1), len(s.lines))-1].n }

// segments splits a file into outputs of commands. Fences and command lines stand
// between them, and lines that look like something else. A line that looks like nothing
// belongs to the output before it.
func segments(lines []line) []segment {
	var s splitter
	s.join(lines)
	for i := 0; i < len(lines); i++ {
		i += s.take(i, lines[i])
	}
	return s.segments
}

// splitter has the segments up to a line.
type splitter struct {
	lines    []line
	all      string // their text
	offsets  []int  // in it, by line
	segments []segment
	open     bool // whether the last segment goes on
	typed    typed
	title    string
	broken   int // how many values were no JSON
}

// Bounds for files of any kind: the bytes of a line that may be something else than
// JSON, and how many values may turn out to be no JSON.
const (
	longest    = 1 << 15
	mostBroken = 20
)

func (s *splitter) join(lines []line) {
	var b strings.Builder
	for _, l := range lines {
		s.offsets = append(s.offsets, b.Len())
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	s.lines, s.all = lines, b.String()
}

// take takes line i, and returns how many lines after it belong to it.
func (s *splitter) take(i int, l line) (more int) {
	last := s.last()
	inYAML := last != nil && last.shape == shapeYAML
	if l.fence {
		s.open, s.typed = false, typed{host: s.typed.host}
		return 0
	}
	if inYAML && continuesYAML(*last, l.text) {
		last.lines = append(last.lines, l)
		return 0
	}
	if jsonLine.MatchString(l.text) {
		if n := s.value(i); n > 0 {
			s.begin(shapeJSON, s.lines[i:i+n]...)
			s.open = false
			return n - 1
		}
	}
	if len(l.text) > longest {
		return 0
	}
	if t, ok := prompted(l.text); ok {
		s.open, s.typed = false, t
		return 0
	}
	shape := look(l.text)
	if last != nil && last.again(l.text) {
		last, s.open = nil, false
	}
	if m := titles.FindStringSubmatch(l.text); m != nil && shape == shapeNone {
		s.title = m[1]
		if last != nil && last.endsBefore(m[1]) {
			s.open = false
			return 0
		}
	}
	switch {
	case last != nil && (shape == shapeNone || shape == shapeBare || shape == shapePrefix || shape == last.shape || last.includes(l.text)):
		last.lines = append(last.lines, l)
	case shape != shapeNone:
		s.begin(shape, l)
	}
	return 0
}

// titles matches a line that is a name and nothing else, perhaps a heading, or the line
// that ansible prints.
var titles = regexp.MustCompile(`^\s*(?:#+\s+|\*\*|=+>?\s+|-+\s+)?([A-Za-z][\w.-]*)(?:\*\*|\s+<?=+|\s+-+|\s+\|\s[A-Z]+!?\s.*)?:?(?:\*\*)?\s*$`)

// again reports whether a line begins with a link that the segment has already, and so
// is of another list. It remembers the link.
func (s *segment) again(text string) bool {
	name, oneline := "", false
	if m := linkLine.FindStringSubmatch(text); m != nil {
		name = m[2]
	} else if m := onelineLine.FindStringSubmatch(text); m != nil {
		name, oneline = m[2], true
	} else if m := briefLine.FindStringSubmatch(text); m != nil && s.shape == shapeBrief {
		name = m[1]
	} else if m := loopbackLine.FindStringSubmatch(text); m != nil && s.last == "" {
		if s.links[m[1]] {
			return true
		}
		s.remember(m[1])
		return false
	}
	if name == "" || s.shape != shapeIP && s.shape != shapeBrief {
		return false
	}
	if s.links[name] && !(oneline && s.last == name) {
		return true
	}
	s.remember(name)
	s.last = name
	return false
}

func (s *segment) remember(name string) {
	if s.links == nil {
		s.links = map[string]bool{}
	}
	s.links[name] = true
}

// endsBefore reports whether a name ends the segment: the lines of addresses of another
// machine may follow, which nothing else would tell apart. A word that the end of a line
// has broken off goes on with the segment.
func (s segment) endsBefore(word string) bool {
	if s.shape != shapeIP || s.last != "" {
		return false
	}
	words := strings.Fields(s.lines[len(s.lines)-1].text)
	if len(words) == 0 || words[0] != "inet6" {
		return len(words) > 0 && complete([][]string{words})
	}
	_, whole := parseEntry(1, words)
	_, goesOn := parseEntry(1, append(words, word))
	return whole == nil && goesOn != nil
}

func (s *splitter) begin(shape shape, lines ...line) {
	s.segments = append(s.segments, segment{shape: shape, typed: s.typed, title: s.title, lines: append([]line(nil), lines...)})
	s.open, s.title = true, ""
	if len(lines) == 1 {
		s.last().again(lines[0].text)
	}
}

// last returns the segment that is open, or nil.
func (s *splitter) last() *segment {
	if !s.open {
		return nil
	}
	return &s.segments[len(s.segments)-1]
}

// value returns how many lines the JSON value has that begins on line i. One that is no
// JSON goes on to the next fence or command line; 0 stands for text that only begins so.
func (s *splitter) value(i int) int {
	if s.broken >= mostBroken || !jsonKey.MatchString(s.all[s.offsets[i]:min(len(s.all), s.offsets[i]+jsonHead)]) {
		return 0
	}
	dec := json.NewDecoder(strings.NewReader(s.all[s.offsets[i]:]))
	var raw json.RawMessage
	if err := dec.Decode(&raw); err == nil {
		return 1 + strings.Count(string(raw), "\n") + strings.Count(leading(s.all[s.offsets[i]:]), "\n")
	}
	s.broken++
	n := 1
	for ; i+n < len(s.lines); n++ {
		l := s.lines[i+n]
		if l.fence {
			break
		}
		if _, ok := prompted(l.text); ok && len(l.text) <= longest {
			break
		}
	}
	return n
}

// jsonKey matches a value that begins with the first key of an object, which stands
// within jsonHead bytes; or an empty list.
var jsonKey = regexp.MustCompile(`^\s*(?:\[?\s*(?:\{\s*\}\s*,\s*)*\{\s*"|\[\s*\])`)

const jsonHead = 200

func leading(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \n"))] }

// includes reports whether a line belongs to the segment, which looks like something
// else alone.
func (s segment) includes(text string) bool {
	switch s.shape {
	case shapeIP, shapeBrief, shapeTable, shapeIfInet6, shapeRoutes, shapeJSON, shapeYAML:
		return false
	}
	// ifconfig, nmcli and others have lines that begin with inet6.
	return inetLine.MatchString(text) && !strings.Contains(text, " scope ")
}

// inDocument matches a line that may be at the top level of a YAML document.
var inDocument = regexp.MustCompile(`^(?:- |-$|#|---\s*$|\.\.\.\s*$|[}\]]|["'\w./-]+:(?:\s|$))`)

// continuesYAML reports whether a line goes on with the segment's YAML.
func continuesYAML(s segment, text string) bool {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	top := indent(s.lines[0].text)
	switch {
	case strings.TrimSpace(text) == "", indent(text) > top:
		return true
	case indent(text) < top:
		return false
	}
	return inDocument.MatchString(text[top:])
}
