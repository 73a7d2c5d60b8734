package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/passtlab/passtlab/selector"
)

// parseOutput reads what a program printed. Errors are ErrMalformed.
func parseOutput(out []byte) (selector.Choice, error) {
	out = bytes.TrimSpace(out)
	switch {
	case len(out) == 0:
		return selector.None("nothing printed"), nil
	case string(out) == "none":
		return selector.None(`"none" printed`), nil
	case !utf8.Valid(out):
		return selector.Choice{}, malformed("%q is not UTF-8", shorten(string(out)))
	case out[0] == '{':
		return parseObject(out)
	}
	const want = "want one address alone on a line, or one JSON object"
	if n := addresses(string(out)); n > 1 {
		return selector.Choice{}, malformed("%d addresses, %q; "+want, n, shorten(string(out)))
	}
	if first, _, more := strings.Cut(string(out), "\n"); more {
		return selector.Choice{}, malformed("several lines, the first %q; "+want, lastLine(first))
	}
	a, err := parseAddress(string(out))
	if err != nil {
		return selector.Choice{}, err
	}
	return selector.Pick(a, ""), nil
}

func parseObject(out []byte) (selector.Choice, error) {
	var answer struct {
		Address   string   `json:"address"`
		Addresses []string `json:"addresses"`
		Reason    string   `json:"reason"`
	}
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil {
		return selector.Choice{}, malformed("JSON: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return selector.Choice{}, malformed("JSON: something follows the object")
	}
	if answer.Address != "" {
		if len(answer.Addresses) > 0 {
			return selector.Choice{}, malformed(`JSON: both "address" and "addresses"`)
		}
		answer.Addresses = []string{answer.Address}
	}
	if len(answer.Addresses) == 0 && answer.Reason == "" {
		answer.Reason = "an object without an address"
	}
	c := selector.None(answer.Reason)
	for _, s := range answer.Addresses {
		a, err := parseAddress(s)
		if err != nil {
			return selector.Choice{}, err
		}
		c.Addresses = append(c.Addresses, a)
	}
	return c, nil
}

// addresses counts the addresses of a list as programs print them: with commas or
// blanks between them, in brackets or quotes. It returns 0 if there is other text.
func addresses(list string) int {
	words := strings.FieldsFunc(list, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;|()[]"'`, r) })
	for _, w := range words {
		if _, err := parseAddress(w); err != nil {
			return 0
		}
	}
	return len(words)
}

// parseAddress reads an address, and drops prefix length and zone.
func parseAddress(s string) (netip.Addr, error) {
	host, _, prefix := strings.Cut(s, "/")
	a, err := netip.ParseAddr(host)
	if err == nil && prefix {
		_, err = netip.ParsePrefix(a.WithZone("").String() + s[len(host):])
	}
	switch {
	case err == nil:
		return a.WithZone(""), nil
	case strings.HasPrefix(s, "["):
		return a, malformed("%q is not an address: print it without brackets and port", shorten(s))
	}
	return a, malformed("%q is not an address", shorten(s))
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// limited passes on as many bytes as are left, and calls full at the first one more.
type limited struct {
	io.Writer
	left int
	full func()
}

var errFull = errors.New("full")

func (l *limited) Write(p []byte) (int, error) {
	some := p[:min(len(p), l.left)]
	l.left -= len(some)
	n, err := l.Writer.Write(some)
	if err == nil && n < len(p) {
		l.full()
		err = errFull
	}
	return n, err
}

// maxErrors is how many bytes a program may write to standard error. Only the end is
// kept, so the limit can be generous.
const maxErrors = 16 << 20

// errTalk says that a program has written more than maxErrors.
var errTalk = errors.New("too much on standard error")
