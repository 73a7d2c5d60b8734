package observe

import "regexp"

// Lines of links that may be broken, and that are whole.
var (
	brokenLink = regexp.MustCompile(`^\s*\d+:\s+[^\s:]+(?::\s*(?:<[A-Z0-9_,-]*(?:>(?:\s+[a-z]*|\s+mtu\s+\d*)\s*)?)?)?$`)
	wholeLink  = regexp.MustCompile(`^\s*\d+:\s+[^\s:]+:\s+<[A-Z0-9_,-]*>\s+mtu\s+\d+\s+[a-z]`)
)

// unbroken puts lines of links together again that a narrow terminal or a mail program
// has broken. Otherwise the addresses below would belong to the link before.
func unbroken(lines []line) []line {
	var out []line
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if i+1 < len(lines) && len(l.text) < longest && brokenLink.MatchString(l.text) {
			for _, blank := range []string{"", " "} {
				if one := l.text + blank + lines[i+1].text; len(one) < longest && wholeLink.MatchString(one) {
					l.text = one
					i++
					break
				}
			}
		}
		out = append(out, l)
	}
	return out
}
