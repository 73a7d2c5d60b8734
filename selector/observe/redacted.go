package observe

import (
	"net/netip"
	"regexp"
	"strings"
)

// redaction matches what people write in place of digits, as a part of a word.
var redaction = regexp.MustCompile(`(?i)redact|removed|hidden|mask|censored|omitted|snip|…|\.\.\.|\*\*|xx|##|\?\?|[█▒░•●]|[<>\[\]{}$]|(?:^|[:./])(?:[x*#?_]+|[g-z][a-z]*)(?:[:./]|$)`)

// isRedacted reports whether a word, which is no address, is one with digits replaced.
func isRedacted(word string) bool {
	if strings.Contains(word, ":") && !strings.Contains(word, "%") {
		bare, _, _ := strings.Cut(word, "/")
		if strings.ContainsFunc(bare, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF:.", r) }) {
			return true
		}
	}
	return redaction.MatchString(word)
}

// noAddress is the fault of a word that should be an address.
func noAddress(n int, word, expected string) error {
	if isRedacted(word) {
		return withNext(fault(n, "an address with all its digits", "%q has redacted digits", word),
			"replace the same redacted part by the same digits everywhere, so that equal prefixes stay equal")
	}
	return fault(n, expected, "%q is no address", word)
}

const prefixed = "an address with its prefix length, such as fd01:cafe::1/64"

// parsePrefix reads an address with its prefix length.
func parsePrefix(n int, word string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(word)
	if err == nil {
		return p, nil
	}
	if a, err := netip.ParseAddr(word); err == nil {
		return p, fault(n, prefixed, "%s has no prefix length", a)
	}
	return p, noAddress(n, word, prefixed)
}
