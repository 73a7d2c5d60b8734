package scenarios

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/passtlab/passtlab/internal/near"
)

// A scalar is a kind of value that stands on one line: how it is read, and
// how it is described. The decoder and the JSON Schema use the same table.
type scalar struct {
	tag      string   // the YAML tag that the value has to have
	also     string   // another one that it may have
	expected string   // what a right value is, in words
	pattern  string   // a regular expression that every right value matches
	enum     []string // all right values, if there are few
	examples []string
	parse    func(string) (any, error)
}

// A mistake is why a scalar could not be read, and what to do about it.
type mistake struct{ problem, near, next string }

func (m mistake) Error() string { return m.problem }

func wrong(next, format string, a ...any) error {
	return mistake{problem: fmt.Sprintf(format, a...), next: next}
}

var durationPattern = regexp.MustCompile(`^[0-9]{1,6}(ms|s)$`)

// scalars are those that the Go type alone tells.
var scalars = map[reflect.Type]scalar{
	reflect.TypeFor[bool](): {tag: "!!bool", expected: "true or false", parse: func(s string) (any, error) {
		switch s {
		case "true", "false":
			return s == "true", nil
		}
		return nil, wrong("correct the value", "%s is neither true nor false", s)
	}},
	reflect.TypeFor[MAC](): {tag: "!!str", expected: "a MAC address such as 52:54:00:1f:c7:bd",
		pattern:  `^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$`,
		examples: []string{"52:54:00:1f:c7:bd"},
		parse: func(s string) (any, error) {
			m, err := ParseMAC(s)
			if err != nil {
				return nil, wrong("correct the value", "%v", err)
			}
			return m, nil
		}},
	reflect.TypeFor[Filter](): {tag: "!!str", expected: `a filter such as "::/0" or "!fd01:cafe::/64"`,
		pattern:  `^!?[0-9A-Fa-f:.]+/[0-9]{1,3}$`,
		examples: []string{"::/0", "!fd01:cafe::5054:ff:fe1f:c7bd/128"},
		parse: func(s string) (any, error) {
			f, err := ParseFilter(s)
			if err != nil {
				m := mistake{problem: err.Error(), next: "correct the value"}
				if a, err := netip.ParseAddr(strings.TrimPrefix(s, "!")); err == nil {
					m.near = fmt.Sprintf("%s/%d", s, a.BitLen())
				}
				return nil, m
			}
			return f, plainAddr(s, f.Prefix.Addr())
		}},
	reflect.TypeFor[Ports](): {tag: "!!str", expected: `all, none, or ports such as "22,6443,30000-32767"`,
		pattern:  `^(all|none|~?[0-9]{1,5}(-[0-9]{1,5})?(,~?[0-9]{1,5}(-[0-9]{1,5})?)*)$`,
		examples: []string{"all", "none", "22,6443,30000-32767", "~15000-15010"},
		parse: func(s string) (any, error) {
			p, err := ParsePorts(s)
			if err != nil {
				return nil, wrong("correct the value", "%v", err)
			}
			return p, nil
		}},
	reflect.TypeFor[Kernels](): {tag: "!!str", expected: `a range of kernels such as "6.1..", "..6.12" or "6.1..6.12"`,
		pattern: kernelsPattern.String(), examples: []string{"6.1..", "..6.12", "6.1..6.12"},
		parse: func(s string) (any, error) {
			k, err := ParseKernels(s)
			if err != nil {
				return nil, wrong("correct the value", "%v", err)
			}
			return k, nil
		}},
	reflect.TypeFor[Origin](): enum(Origins()),
	reflect.TypeFor[Pick](): {tag: "!!str", expected: enum(Picks()).expected + ", or an address", pattern: wordOrAddress(Picks()), examples: []string{"slaac", "none", "fd01:cafe::5"},
		parse: func(s string) (any, error) {
			if a, err := netip.ParseAddr(s); err == nil {
				return Pick(a.String()), cmp.Or(plainAddr(s, a), unicast(a))
			}
			return enum(Picks()).parse(s)
		}},
	reflect.TypeFor[Role]():   enum(Roles()),
	reflect.TypeFor[Client](): enum(Clients()),

	reflect.TypeFor[Orders]():      enum([]Orders{OrdersAll, OrdersRandom}),
	reflect.TypeFor[Preference]():  enum([]Preference{PreferenceLow, PreferenceMedium, PreferenceHigh}),
	reflect.TypeFor[State]():       enum([]State{StateCarried, StateLost}),
	reflect.TypeFor[LinkState]():   enum([]LinkState{LinkDown, LinkUp, LinkCarrierLost, LinkCarrierBack}),
	reflect.TypeFor[FailureKind](): enum(FailureKinds()),
	reflect.TypeFor[Switch](): {tag: "!!str", expected: "on or off", enum: []string{"on", "off"},
		parse: enum([]Switch{On, Off}).parse},
	reflect.TypeFor[Target](): {tag: "!!str", expected: "an origin such as dhcpv6, or an address", pattern: wordOrAddress(Origins()),
		examples: []string{"dhcpv6", "fd01:cafe::5"},
		parse: func(s string) (any, error) {
			t, err := ParseTarget(s)
			if err != nil {
				var words []string
				for _, o := range Origins() {
					words = append(words, string(o))
				}
				return nil, mistake{problem: err.Error(), near: near.Word(s, words), next: "correct the value"}
			}
			if t.Addr.IsValid() {
				return t, cmp.Or(plainAddr(s, t.Addr), unicast(t.Addr))
			}
			return t, nil
		}},
	reflect.TypeFor[Lifetime](): {tag: "!!int", also: "!!str", expected: "seconds from 0 to 4294967294, or infinite", pattern: `^([0-9]+|infinite)$`,
		examples: []string{"2", "infinite"},
		parse: func(s string) (any, error) {
			if n, err := strconv.ParseUint(s, 10, 32); s != string(Infinite) && (err != nil || strconv.FormatUint(n, 10) != s || n == 1<<32-1) {
				return nil, wrong("correct the value", "%s is neither a number of seconds nor infinite", s)
			}
			return Lifetime(s), nil
		}},
	reflect.TypeFor[Duration](): {tag: "!!str", expected: "a time such as 500ms or 2s", pattern: durationPattern.String(),
		examples: []string{"500ms", "2s"},
		parse: func(s string) (any, error) {
			switch d, err := time.ParseDuration(s); {
			case err != nil || !durationPattern.MatchString(s):
				return nil, wrong("write a whole number, and ms or s", "%q is no time", s)
			case d <= 0:
				return nil, wrong("correct the value", "%s leaves no time at all", s)
			}
			return Duration(s), nil
		}},
}

// The addresses and prefixes, by the struct tag "is".
var addresses = map[string]scalar{
	"host": prefix("a global unicast IPv6 address with its prefix length, such as fd01:cafe::5/64", []string{"fd01:cafe::5/64"},
		func(p netip.Prefix) error {
			if err := unicast(p.Addr()); err != nil {
				return err
			}
			// RFC 6164 makes /127 the exception, a /128 is all host.
			if p == p.Masked() && p.Bits() < 127 {
				return wrong("give it an interface identifier", "%s is the Subnet-Router anycast address of its prefix (RFC 4291 2.6.1)", p.Addr())
			}
			return nil
		}),
	"prefix64": prefix("an IPv6 prefix of length 64, such as fd02:cafe::/64", []string{"fd02:cafe::/64"},
		func(p netip.Prefix) error {
			if err := unicast(p.Addr()); err != nil {
				return err
			}
			if p.Bits() != 64 {
				return wrong("make it a /64", "%s has length %d, and SLAAC needs 64 (RFC 4862 5.5.3 d)", p, p.Bits())
			}
			return masked(p)
		}),
	"subnet":  prefix("a subnet such as fd01:cafe::/64 or 10.244.0.0/16", []string{"fd01:cafe::/64"}, masked),
	"address": address("a global unicast IPv6 address such as fd01:cafe::9", []string{"fd01:cafe::9"}, unicast),
	"router": address("an IPv6 address such as fd01:cafe::1 or fe80::1", []string{"fe80::1", "fd01:cafe::1"},
		func(a netip.Addr) error {
			if a.Is6() && a.IsLinkLocalUnicast() {
				return nil
			}
			return unicast(a)
		}),
	"linklocal": address("a link-local address such as fe80::2", []string{"fe80::2"},
		func(a netip.Addr) error {
			if !a.Is6() || !a.IsLinkLocalUnicast() {
				return wrong("take one of fe80::/10", "%s is not link-local (RFC 4291 2.5.6)", a)
			}
			return nil
		}),
	"shared": address("an address such as fd01:cafe::100", []string{"fd01:cafe::100"}, func(a netip.Addr) error { return nil }),
}

// scalar returns how values of type t are read in this field, and false when
// t is no scalar.
func (f field) scalar(t reflect.Type) (scalar, bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.Prefix]():
		return addresses[f.is], true
	case reflect.TypeFor[string]():
		return text(f), true
	case reflect.TypeFor[int]():
		return number(f), true
	}
	s, ok := scalars[t]
	return s, ok
}

// text is a line of text.
func text(f field) scalar {
	s := scalar{tag: "!!str", expected: cmp.Or(f.form, "a line of text"), pattern: cmp.Or(f.pattern, `\S`)}
	s.parse = func(v string) (any, error) {
		v = strings.TrimSpace(v) // a block scalar ends in a line feed
		switch i := strings.IndexFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }); {
		case v == "":
			return nil, wrong("write something", "is empty")
		case i >= 0 && v[i] == '\n':
			return nil, wrong("write it on one line, or as a folded block \">\" without empty lines", "has more than one line")
		case i >= 0:
			return nil, wrong("remove it", "has a character that cannot be printed, %q", []rune(v[i:])[0])
		case !regexp.MustCompile(s.pattern).MatchString(v):
			return nil, wrong("correct the value", "%q does not have the right form", v)
		}
		return v, nil
	}
	return s
}

// number is a whole number within the field's bounds.
func number(f field) scalar {
	least, _ := strconv.Atoi(f.min)
	most, _ := strconv.Atoi(f.max)
	return scalar{tag: "!!int", expected: fmt.Sprintf("a whole number from %d to %d", least, most),
		parse: func(s string) (any, error) {
			i, err := strconv.Atoi(s)
			if err != nil || strconv.Itoa(i) != s {
				return nil, wrong("write it in decimal digits", "%s is not a plain decimal number", s)
			}
			if i < least || i > most {
				return nil, wrong("correct the value", "%d is out of range", i)
			}
			return i, nil
		}}
}

// wordOrAddress is a pattern that every one of words matches, and every address.
func wordOrAddress[T ~string](words []T) string {
	p := "^("
	for _, w := range words {
		p += string(w) + "|"
	}
	return p + "[0-9A-Fa-f:.]+)$"
}

func enum[T ~string](all []T) scalar {
	var words []string
	for _, w := range all {
		words = append(words, string(w))
	}
	return scalar{tag: "!!str", expected: "one of " + strings.Join(words, ", "), enum: words, parse: func(s string) (any, error) {
		if !slices.Contains(words, s) {
			return nil, mistake{problem: fmt.Sprintf("unknown word %q", s), near: near.Word(s, words), next: "use one of these words"}
		}
		return T(s), nil
	}}
}

func address(expected string, examples []string, valid func(netip.Addr) error) scalar {
	return scalar{tag: "!!str", expected: expected, examples: examples, pattern: `^[0-9A-Fa-f:.]+$`,
		parse: func(s string) (any, error) {
			a, err := netip.ParseAddr(s)
			if err != nil {
				if p, err := netip.ParsePrefix(s); err == nil {
					return nil, mistake{problem: s + " has a prefix length", near: p.Addr().String(), next: "leave the length out"}
				}
				return nil, wrong("correct the value", "%q is no IP address", s)
			}
			if err := plainAddr(s, a); err != nil {
				return nil, err
			}
			return a, valid(a)
		}}
}

func prefix(expected string, examples []string, valid func(netip.Prefix) error) scalar {
	return scalar{tag: "!!str", expected: expected, examples: examples, pattern: `^[0-9A-Fa-f:.]+/[0-9]{1,3}$`,
		parse: func(s string) (any, error) {
			p, err := netip.ParsePrefix(s)
			if err != nil {
				host, bits, ok := strings.Cut(s, "/")
				a, err := netip.ParseAddr(host)
				switch {
				case err != nil:
					return nil, wrong("correct the value", "%q is no address with a prefix length", s)
				case a.Zone() != "":
					return nil, plainAddr(s, a)
				case !ok:
					return nil, wrong("add the length, as in \"/64\"", "%s has no prefix length", s)
				}
				return nil, wrong(fmt.Sprintf("give a length of at most %d", a.BitLen()), "%q is no prefix length", bits)
			}
			if err := plainAddr(s, p.Addr()); err != nil {
				return nil, err
			}
			return p, valid(p)
		}}
}

// plainAddr refuses, in the value s, what no packet can carry as an address.
func plainAddr(s string, a netip.Addr) error {
	switch {
	case a.Zone() != "":
		return mistake{problem: fmt.Sprintf("%s has a zone", a), near: strings.Replace(s, "%"+a.Zone(), "", 1), next: "leave the zone out"}
	case a.Is4In6():
		return wrong("write it as what it is", "%s is an IPv4-mapped address (RFC 4291 2.5.5.2)", a)
	}
	return nil
}

// unicast refuses all but global unicast IPv6 addresses.
func unicast(a netip.Addr) error {
	const next = "take one of 2000::/3 or fd00::/8"
	switch {
	case a.Is4():
		return wrong(next, "%s is an IPv4 address", a)
	case a.IsUnspecified():
		return wrong(next, "%s is the unspecified address", a)
	case a.IsLoopback():
		return wrong(next, "%s is the loopback address", a)
	case a.IsMulticast():
		return wrong(next, "%s is a multicast address", a)
	case a.IsLinkLocalUnicast():
		return wrong(next, "%s is link-local", a)
	}
	return nil
}

// masked refuses a prefix with host bits.
func masked(p netip.Prefix) error {
	if m := p.Masked(); m != p {
		return mistake{problem: fmt.Sprintf("%s has bits set behind its length", p), near: m.String(), next: "clear them, or correct the length"}
	}
	return nil
}
