package observe

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// entry is an address as iproute2 and busybox print it.
type entry struct {
	selector.Address
	lifetimes bool   // whether it has them
	numbers   bool   // whether there are flags as a number, which iproute2 has names for
	label     string // of an IPv4 address; as a rule the name of its link
}

// numbered are the names of what ip -N prints as numbers, and of names themselves.
func numbered(names map[uint8]string, word string) string {
	if x, err := strconv.ParseUint(word, 10, 8); err == nil {
		return named(names, uint8(x))
	}
	return word
}

// parseEntry parses the words of "inet6 fd01:cafe::1/64 scope global dynamic valid_lft
// 86398sec preferred_lft 14398sec".
func parseEntry(n int, words []string) (entry, error) {
	e := entry{Address: selector.Address{Flags: selector.FlagPermanent, ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever}}
	p := entryWords{n: n, rest: words[1:], family: words[0]}
	if err := p.address(&e); err != nil {
		return e, err
	}
	for len(p.rest) > 0 {
		if err := p.word(&e); err != nil {
			return e, err
		}
	}
	if e.Scope == "" {
		return e, fault(n, "scope and flags behind the address", "the line of %s is cut off", e.Prefix)
	}
	return e, nil
}

// entryWords are words that are not read yet.
type entryWords struct {
	n      int
	family string
	rest   []string
}

// next returns the next word.
func (p *entryWords) next() string {
	if len(p.rest) == 0 {
		return ""
	}
	word := p.rest[0]
	p.rest = p.rest[1:]
	return word
}

// address reads "A/L" or "A peer B/L", where the length is that of the peer.
func (p *entryWords) address(e *entry) (err error) {
	word := p.next()
	if len(p.rest) > 1 && p.rest[0] == "peer" {
		a, err := netip.ParseAddr(word)
		if err != nil {
			return noAddress(p.n, word, "an address")
		}
		p.next()
		if _, err := parsePrefix(p.n, p.next()); err != nil {
			return err
		}
		e.Prefix = netip.PrefixFrom(a, a.BitLen())
	} else if e.Prefix, err = parsePrefix(p.n, word); err != nil {
		return err
	}
	if e.Prefix.Addr().Is4() != (p.family == "inet") {
		return fault(p.n, "inet with IPv4 and inet6 with IPv6 addresses", "%s %s", p.family, e.Prefix)
	}
	return nil
}

// word reads one word, with its value.
func (p *entryWords) word(e *entry) (err error) {
	switch word := p.next(); word {
	case "brd", "broadcast", "any", "metric":
		p.next()
	case "scope":
		e.Scope = numbered(scopes, p.next())
		if !slices.Contains([]string{"global", "site", "link", "host", "nowhere"}, e.Scope) && strings.Trim(e.Scope, "0123456789") != "" {
			return fault(p.n, "scope global, site, link, host or nowhere", "scope %q of %s", e.Scope, e.Prefix)
		}
	case "proto":
		e.Protocol = numbered(protocols, p.next())
	case "dynamic":
		e.Flags &^= selector.FlagPermanent
	case "secondary": // the name for IPv4; busybox has it for IPv6, too
		e.Flags |= selector.FlagTemporary
	case "flags":
		e.numbers = true
		x, err := strconv.ParseUint(strings.TrimPrefix(p.next(), "0x"), 16, 32)
		if err != nil {
			return fault(p.n, "flags as a hexadecimal number", "the flags of %s", e.Prefix)
		}
		e.Flags |= selector.Flags(x)
	case "valid_lft":
		if e.ValidLifetime, err = p.lifetime(); err != nil {
			return err
		}
		if p.next() != "preferred_lft" {
			return fault(p.n, "valid_lft and preferred_lft with a value", "the lifetimes of %s are cut off", e.Prefix)
		}
		e.lifetimes = true
		e.PreferredLifetime, err = p.lifetime()
	default:
		return p.flag(e, word)
	}
	return err
}

// flag reads the name of a flag, or the label that an IPv4 address has.
func (p *entryWords) flag(e *entry, word string) error {
	f, err := selector.ParseFlags([]string{word})
	switch {
	case err == nil:
		e.Flags |= f
		return nil
	case p.family == "inet" && e.label == "" && e.Scope != "":
		e.label = word
		return nil
	}
	return fault(p.n, "flags such as dynamic or mngtmpaddr", "%q behind %s", word, e.Prefix)
}

// seconds matches a lifetime.
var seconds = regexp.MustCompile(`^(?:forever|(\d+)sec)$`)

func (p *entryWords) lifetime() (uint32, error) {
	word := p.next()
	m := seconds.FindStringSubmatch(word)
	if m == nil {
		return 0, fault(p.n, "a lifetime such as 86400sec or forever", "%q", word)
	}
	if m[1] == "" {
		return selector.Forever, nil
	}
	x, err := strconv.ParseUint(m[1], 10, 32)
	if err != nil {
		return 0, fault(p.n, "a lifetime of 32 bits", "%q", word)
	}
	return uint32(x), nil
}

// complete reports whether the lines of an address go as far as the last lifetime.
func complete(lines [][]string) bool {
	words := lines[len(lines)-1]
	if len(lines) > 1 && len(words) == 1 {
		words = append(slices.Clone(lines[len(lines)-2]), words...)
	}
	n := len(words)
	return n > 1 && words[n-2] == "preferred_lft" && seconds.MatchString(words[n-1])
}
