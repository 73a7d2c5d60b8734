package observe

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// readIPBrief reads the text of ip -br address.
func readIPBrief(s segment) (list, error) {
	b := newList(s, FormatIPBrief)
	var words briefWords
	link := ""
	for _, l := range s.lines {
		more := strings.Fields(l.text)
		if m := briefLine.FindStringSubmatch(l.text); m != nil && isBrief(l.text) {
			if err := words.addTo(&b, link); err != nil {
				return b, err
			}
			link = m[1]
			if err := b.addLink(l.n, selector.Link{Name: link, Up: isUp(m[3])}); err != nil {
				return b, err
			}
			words, more = briefWords{n: l.n}, strings.Fields(m[4])
		} else if !words.continued(more) {
			if len(more) > 0 && isPrefix(more[0]) {
				return b, fault(l.n, "a link, its state and its addresses", "this looks like %s, but for %q", b.Format.Words(), strings.Join(more, " "))
			}
			continue
		}
		words.add(more)
	}
	if err := words.addTo(&b, link); err != nil {
		return b, err
	}
	b.finishBrief()
	return b, nil
}

// isUp reports whether an operational state (RFC 2863) is of a link that is up. Links
// without a carrier of their own, such as lo, have UNKNOWN, and DOWN when they are down.
func isUp(state string) bool { return state == "UP" || state == "UNKNOWN" }

// briefWords are the words behind the state of a link.
type briefWords struct {
	n     int
	words []string
}

func isPrefix(word string) bool { _, err := netip.ParsePrefix(word); return err == nil }

// whole reports whether a word is not a part of another one.
func (b briefWords) whole(word string) bool {
	_, err := netip.ParseAddr(word)
	return err == nil || isPrefix(word) || word == "peer" || word == "metric" || b.last() == "metric"
}

func (b briefWords) last() string {
	if len(b.words) == 0 {
		return ""
	}
	return b.words[len(b.words)-1]
}

// continued reports whether a line goes on with the words of the line before it.
func (b briefWords) continued(words []string) bool {
	return b.last() != "" && len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !isBriefWord(w) })
}

// add adds the words of a line. The end of the line before it may have broken a word.
func (b *briefWords) add(words []string) {
	if last := b.last(); last != "" && len(words) > 0 {
		one := last + words[0]
		if b.whole(one) && !(b.whole(words[0]) && b.whole(last)) {
			b.words[len(b.words)-1] = one
			words = words[1:]
		}
	}
	b.words = append(b.words, words...)
}

// addTo adds the addresses to the list.
func (b briefWords) addTo(l *list, link string) error {
	for rest := b.words; len(rest) > 0; {
		if rest[0] == "metric" {
			rest = rest[min(2, len(rest)):]
			continue
		}
		p := entryWords{n: b.n, rest: rest, family: "inet6"}
		if bare, _, _ := strings.Cut(rest[0], "/"); !strings.Contains(bare, ":") {
			p.family = "inet"
		}
		var e entry
		if err := p.address(&e); err != nil {
			return err
		}
		rest = p.rest
		l.addBare(link, e.Prefix)
	}
	return nil
}

// addBare adds an address of which no more is known.
func (l *list) addBare(link string, p netip.Prefix) {
	l.Observation.Addresses = append(l.Observation.Addresses, selector.Address{
		Prefix: p, Link: link, Scope: ScopeOf(p.Addr()),
		ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever,
	})
}

// finishBrief says what ip -br does not print.
func (l *list) finishBrief() {
	l.lack(true, selector.FactFlags, selector.FactLifetimes, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactLinkKinds,
		selector.FactIndexes, selector.FactProtocols, selector.FactRoutes)
	l.families(false)
}
