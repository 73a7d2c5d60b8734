package observe

import (
	"regexp"
	"slices"
	"strings"
)

// shape is what the output of one command looks like.
type shape string

// The shapes that are read. Those of little are shapes, too.
const (
	shapeNone    shape = ""
	shapeIP      shape = "ip address"
	shapeBrief   shape = "ip -br address"
	shapeIfInet6 shape = "/proc/net/if_inet6"
	shapeRoutes  shape = "ip route"
	shapeTable   shape = "talosctl get"
	shapeJSON    shape = "JSON"
	shapeYAML    shape = "YAML"
)

// The beginnings of lines of each shape. Digits of addresses may be redacted, and a
// browser may have taken the flags of a link for HTML.
var (
	linkLine    = regexp.MustCompile(`^\s*(\d+):\s+([^\s@]+?)(?:@(\S+))?:(?:\s+<([A-Z0-9_,-]*)>(.*)|(\s+mtu\s+\d+\s.*))$`)
	onelineLine = regexp.MustCompile(`^\s*(\d+):\s+(\S+)\s+(inet6?\s.*)$`)
	inetLine    = regexp.MustCompile(`^\s*inet6?\s+\S`)
	// Each machine has these once.
	loopbackLine = regexp.MustCompile(`^\s*inet6?\s+(::1/128|127\.0\.0\.1/8)\s`)
	partLine     = regexp.MustCompile(`^\s*(?:valid_lft\s+\S+\s+preferred_lft|link/\S+)`)
	briefLine    = regexp.MustCompile(`^\s*([^\s@]+)(?:@(\S+))?\s+(UNKNOWN|UP|DOWN|LOWERLAYERDOWN|TESTING|DORMANT|NOTPRESENT)(?:\s+(.*))?$`)
	procLine     = regexp.MustCompile(`^\s*([0-9a-fxX*]{32})\s+([0-9a-f]{2,})\s+([0-9a-f]{2})\s+([0-9a-f]{2})\s+([0-9a-f]{2,})\s+(\S+)\s*$`)
	routeLine    = regexp.MustCompile(`^\s*(?:(?:unicast|unreachable|blackhole|prohibit|local|anycast|multicast)\s+)?(?:default|[0-9a-fA-F:.]+(?:/\d+)?)\s+(?:(?:via|dev|nhid|proto|src|from|metric)\s+\S+.*|)$`)
	yamlLine     = regexp.MustCompile(`^\s*(?:- +)?(?:apiVersion|kind|metadata|node|items|spec|network|status):(?:\s|$)|^---\s*$`)
	jsonLine     = regexp.MustCompile(`^\s*(?:\{|\[\s*(?:[\[{\]]|$))`)
)

// look says what a line looks like, where it alone can tell.
func look(text string) shape {
	switch {
	case strings.TrimSpace(text) == "":
		return shapeNone
	case linkLine.MatchString(text), onelineLine.MatchString(text), partLine.MatchString(text):
		return shapeIP
	case isBrief(text):
		return shapeBrief
	case procLine.MatchString(text):
		return shapeIfInet6
	case isRow(strings.Fields(text)):
		return shapeTable
	}
	if l := little(text); l != shapeNone {
		return l
	}
	switch {
	case inetLine.MatchString(text):
		return shapeIP
	case yamlLine.MatchString(text):
		return shapeYAML
	case routeLine.MatchString(text) && (strings.Contains(text, " dev ") || strings.Contains(text, " pref ")):
		return shapeRoutes
	}
	return shapeNone
}

// isBrief reports whether a line is one of ip -br address: nothing but addresses after
// the state.
func isBrief(text string) bool {
	m := briefLine.FindStringSubmatch(text)
	return m != nil && !slices.ContainsFunc(strings.Fields(m[4]), func(word string) bool { return !isBriefWord(word) })
}

// isBriefWord reports whether a word may be an address of ip -br address, its peer or
// metric, or a part of one of them that the end of a line has broken.
func isBriefWord(word string) bool {
	return strings.Trim(word, "0123456789abcdefABCDEF:./") == "" || strings.Contains("peer metric", word) ||
		strings.ContainsAny(word, ":/<[*") && isRedacted(word)
}

// isRow reports whether a line is of a table of talosctl get: the headings, or a row of
// a kind that is read. A row tells its columns by its namespace and its kind.
func isRow(fields []string) bool {
	if heading(fields) {
		return true
	}
	for i := range min(3, len(fields)) {
		if k, ok := kindOf(fields[i], ""); ok && k.short == fields[i] && i > 0 && len(fields) > i+1 {
			return true
		}
	}
	return false
}
