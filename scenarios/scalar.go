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

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

// parsed is a parser without near misses.
func parsed[T any](parse func(string) (T, error)) func(string) (any, error) {
	return func(s string) (any, error) { return parse(s) }
}

var durationPattern = regexp.MustCompile(`^[0-9]{1,6}(ms|s)$`)

// scalars are the scalars by Go type.
var scalars = map[reflect.Type]strict.Scalar{
	reflect.TypeFor[netip.Addr](): {}, reflect.TypeFor[netip.Prefix](): {}, // see kinds

	reflect.TypeFor[MAC](): {Tag: "!!str", Expected: "a MAC address such as 52:54:00:1f:c7:bd",
		Pattern:  `^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$`,
		Examples: []string{"52:54:00:1f:c7:bd"},
		Parse:    parsed(ParseMAC)},
	reflect.TypeFor[Filter](): {Tag: "!!str", Expected: `a filter such as "::/0" or "!fd01:cafe::/64"`,
		Pattern:  `^!?[0-9A-Fa-f:.]+(/[0-9]{1,3})?$`,
		Examples: []string{"::/0", "!fd01:cafe::5054:ff:fe1f:c7bd"},
		Parse: func(s string) (any, error) {
			f, err := ParseFilter(s)
			if err != nil {
				return nil, strict.Wrong("correct the value", "%s", err)
			}
			return f, plainAddr(s, netip.MustParsePrefix(strings.TrimPrefix(string(f), "!")).Addr())
		}},
	reflect.TypeFor[Host](): {Tag: "!!str", Expected: `an address and its names, such as "fd01:cafe::a node-1"`,
		Pattern: `^[0-9A-Fa-f:.]+( +[A-Za-z0-9.-]+)+$`, Examples: []string{"fd01:cafe::a node-1", "127.0.0.1 localhost"},
		Parse: parsed(ParseHost)},
	reflect.TypeFor[Ports](): {Tag: "!!str", Expected: `all, none, or ports such as "22,6443,30000-32767"`,
		Pattern:  `^(all|none|~?[0-9]{1,5}(-[0-9]{1,5})?(,~?[0-9]{1,5}(-[0-9]{1,5})?)*)$`,
		Examples: []string{"all", "none", "22,6443,30000-32767", "~15000-15010"},
		Parse:    parsed(ParsePorts)},
	reflect.TypeFor[Port](): {Tag: "!!int", Also: "!!str", Expected: "a port such as 10250, which is of TCP, or 8472/udp", Pattern: `^[0-9]{1,5}(/(tcp|udp))?$`,
		Examples: []string{"10250", "2379/tcp", "8472/udp"}, Parse: parsed(ParsePort)},
	reflect.TypeFor[Works](): strict.Enum([]Works{WorksBoth, WorksBound}),
	reflect.TypeFor[Kernels](): {Tag: "!!str", Expected: `a range of kernels such as "6.1..", "..6.12" or "6.1..6.12"`,
		Pattern: kernelsPattern.String(), Examples: []string{"6.1..", "..6.12", "6.1..6.12"},
		Parse: parsed(ParseKernels)},
	reflect.TypeFor[Origin](): strict.Enum(Origins()),
	reflect.TypeFor[Pick](): wordOrAddress(strict.Enum(Picks()).Expected+", or an address", Picks(), []string{"slaac", "none", "fd01:cafe::5"},
		func(p Pick) any { return p }, func(a netip.Addr) any { return Pick(a.String()) }),
	reflect.TypeFor[Network](): strict.Enum(Networks()),
	reflect.TypeFor[Role]():    strict.Enum(Roles()),
	reflect.TypeFor[Client]():  strict.Enum(Clients()),

	reflect.TypeFor[Orders]():       strict.Enum([]Orders{OrdersAll, OrdersRandom}),
	reflect.TypeFor[Preference]():   strict.Enum([]Preference{PreferenceLow, PreferenceMedium, PreferenceHigh}),
	reflect.TypeFor[Via]():          strict.Enum([]Via{ViaLink, ViaGateway}),
	reflect.TypeFor[State]():        strict.Enum([]State{StateCarried, StateLost}),
	reflect.TypeFor[LinkState]():    strict.Enum([]LinkState{LinkDown, LinkUp, LinkCarrierLost, LinkCarrierBack}),
	reflect.TypeFor[FailureKind]():  strict.Enum(FailureKinds()),
	reflect.TypeFor[ProcessState](): strict.Enum([]ProcessState{ProcessRestart, ProcessStop}),
	reflect.TypeFor[AddrGenMode]():  strict.Enum([]AddrGenMode{AddrGenEUI64, AddrGenStable, AddrGenRandom}),
	reflect.TypeFor[Switch](): {Tag: "!!str", Expected: "on or off", Enum: []string{"on", "off"},
		Parse: strict.Enum([]Switch{On, Off}).Parse},
	reflect.TypeFor[InterfaceNetwork](): strict.Enum([]InterfaceNetwork{NetworkIsolated, NetworkShared}),
	reflect.TypeFor[InterfaceState]():   strict.Enum([]InterfaceState{InterfaceUp, InterfaceDown, InterfaceNoCarrier, InterfaceNoARP, InterfaceNoARPDown}),
	reflect.TypeFor[Accept]():           strict.Enum([]Accept{AcceptOn, AcceptOff, AcceptAlways}),
	reflect.TypeFor[Target](): wordOrAddress("an origin such as dhcpv6, or an address", Origins(), []string{"dhcpv6", "fd01:cafe::5"},
		func(o Origin) any { return Of(o) }, func(a netip.Addr) any { return Target{Addr: a} }),
	reflect.TypeFor[Lifetime](): {Tag: "!!int", Also: "!!str", Expected: "seconds from 0 to 4294967294, or infinite", Pattern: `^([0-9]+|infinite)$`,
		Examples: []string{"2", "infinite"},
		Parse: func(s string) (any, error) {
			if n, err := strconv.ParseUint(s, 10, 32); s != string(Infinite) && (err != nil || strconv.FormatUint(n, 10) != s || n == endless) {
				return nil, strict.Wrong("correct the value", "%s is neither a number of seconds nor infinite", s)
			}
			return Lifetime(s), nil
		}},
	reflect.TypeFor[Duration](): {Tag: "!!str", Expected: "a time such as 500ms or 2s", Pattern: durationPattern.String(),
		Examples: []string{"500ms", "2s"},
		Parse: func(s string) (any, error) {
			switch d, err := time.ParseDuration(s); {
			case err != nil || !durationPattern.MatchString(s):
				return nil, strict.Wrong("write a whole number, and ms or s", "%q is no time", s)
			case d <= 0:
				return nil, strict.Wrong("correct the value", "%s leaves no time at all", s)
			}
			return Duration(s), nil
		}},
}

// kinds are the scalars by the struct tag "is".
var kinds = map[string]strict.Scalar{
	"host": prefix("a global unicast IPv6 address with its prefix length, such as fd01:cafe::5/64", []string{"fd01:cafe::5/64"},
		func(p netip.Prefix) error {
			if err := unicast(p.Addr()); err != nil {
				return err
			}
			// RFC 6164 exempts /127. A /128 has no prefix.
			if p == p.Masked() && p.Bits() < 127 {
				return strict.Wrong("give it an interface identifier", "%s is the Subnet-Router anycast address of its prefix (RFC 4291 2.6.1)", p.Addr())
			}
			return nil
		}),
	"advertised": prefix("an IPv6 prefix such as fd02:cafe::/64", []string{"fd02:cafe::/64"},
		func(p netip.Prefix) error {
			if err := unicast(p.Addr()); err != nil {
				return err
			}
			return masked(p)
		}),
	"vmnetwork": prefix("an IPv6 network such as fd10:0:2::/120, with room for two addresses", []string{"fd10:0:2::/120", "fd10:0:2::2/120"},
		func(p netip.Prefix) error {
			if err := unicast(p.Addr()); err != nil {
				return err
			}
			if p.Bits() > 126 {
				return strict.Wrong("give a length of at most 126", "%s has no room for pod and guest", p)
			}
			return nil
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
				return strict.Wrong("take one of fe80::/10", "%s is not link-local (RFC 4291 2.5.6)", a)
			}
			return nil
		}),
	"token": address("an interface identifier such as ::5", []string{"::5"}, func(a netip.Addr) error {
		if b := a.As16(); a.Is4() || a.IsUnspecified() || !netip.PrefixFrom(netip.IPv6Unspecified(), 64).Contains(netip.AddrFrom16(b)) {
			return strict.Wrong("leave out the prefix, as in \"::5\"", "%s is no identifier of 64 bits", a)
		}
		return nil
	}),
	"shared": address("an address such as fd01:cafe::100", []string{"fd01:cafe::100"}, func(a netip.Addr) error { return nil }),
	"item":   {Tag: "!!str", Expected: "an item of scenarios/coverage.yaml", Pattern: namePattern.String(), Examples: []string{"same-prefix"}, Parse: item},
}

func item(s string) (any, error) {
	all, err := Items()
	var ids []string
	for _, it := range all {
		ids = append(ids, it.ID)
	}
	if err == nil && !slices.Contains(ids, s) {
		return nil, strict.Mistake{Problem: "no item is called " + s, Near: near.Word(s, ids), Next: "correct it, or add the item to that file"}
	}
	return s, nil // a test finds errors of the built-in file
}

// wordOrAddress is one of a few words, or a global unicast address.
func wordOrAddress[W ~string](expected string, words []W, examples []string, word func(W) any, addr func(netip.Addr) any) strict.Scalar {
	known := strict.Enum(words)
	return strict.Scalar{Tag: "!!str", Expected: expected, Pattern: "^(" + strings.Join(known.Enum, "|") + "|[0-9A-Fa-f:.]+)$", Examples: examples,
		Parse: func(s string) (any, error) {
			if a, err := netip.ParseAddr(s); err == nil {
				return addr(a), cmp.Or(plainAddr(s, a), unicast(a))
			}
			if w, err := known.Parse(s); err == nil {
				return word(w.(W)), nil
			}
			return nil, strict.Mistake{Problem: fmt.Sprintf("%q is neither a known word nor an address", s), Near: near.Word(s, known.Enum), Next: "correct the value"}
		}}
}

func address(expected string, examples []string, valid func(netip.Addr) error) strict.Scalar {
	return strict.Scalar{Tag: "!!str", Expected: expected, Examples: examples, Pattern: `^[0-9A-Fa-f:.]+$`,
		Parse: func(s string) (any, error) {
			a, err := netip.ParseAddr(s)
			if err != nil {
				if p, err := netip.ParsePrefix(s); err == nil {
					return nil, strict.Mistake{Problem: s + " has a prefix length", Near: p.Addr().String(), Next: "leave the length out"}
				}
				return nil, strict.Wrong("correct the value", "%q is no IP address", s)
			}
			if err := plainAddr(s, a); err != nil {
				return nil, err
			}
			return a, valid(a)
		}}
}

func prefix(expected string, examples []string, valid func(netip.Prefix) error) strict.Scalar {
	return strict.Scalar{Tag: "!!str", Expected: expected, Examples: examples, Pattern: `^[0-9A-Fa-f:.]+/[0-9]{1,3}$`,
		Parse: func(s string) (any, error) {
			p, err := netip.ParsePrefix(s)
			if err != nil {
				host, bits, ok := strings.Cut(s, "/")
				a, err := netip.ParseAddr(host)
				switch {
				case err != nil:
					return nil, strict.Wrong("correct the value", "%q is no address with a prefix length", s)
				case a.Zone() != "":
					return nil, plainAddr(s, a)
				case !ok:
					return nil, strict.Wrong("add the length, as in \"/64\"", "%s has no prefix length", s)
				}
				return nil, strict.Wrong(fmt.Sprintf("give a length of at most %d", a.BitLen()), "%q is no prefix length", bits)
			}
			if err := plainAddr(s, p.Addr()); err != nil {
				return nil, err
			}
			return p, valid(p)
		}}
}

// plainAddr refuses an address, written as s, that no packet can carry.
func plainAddr(s string, a netip.Addr) error {
	switch {
	case a.Zone() != "":
		return strict.Mistake{Problem: fmt.Sprintf("%s has a zone", a), Near: strings.Replace(s, "%"+a.Zone(), "", 1), Next: "leave the zone out"}
	case a.Is4In6():
		return strict.Wrong("write it as what it is", "%s is an IPv4-mapped address (RFC 4291 2.5.5.2)", a)
	}
	return nil
}

func unicast(a netip.Addr) error {
	const next = "take one of 2000::/3 or fd00::/8"
	switch {
	case a.Is4():
		return strict.Wrong(next, "%s is an IPv4 address", a)
	case a.IsUnspecified():
		return strict.Wrong(next, "%s is the unspecified address", a)
	case a.IsLoopback():
		return strict.Wrong(next, "%s is the loopback address", a)
	case a.IsMulticast():
		return strict.Wrong(next, "%s is a multicast address", a)
	case a.IsLinkLocalUnicast():
		return strict.Wrong(next, "%s is link-local", a)
	}
	return nil
}

func masked(p netip.Prefix) error {
	if m := p.Masked(); m != p {
		return strict.Mistake{Problem: fmt.Sprintf("%s has bits set behind its length", p), Near: m.String(), Next: "clear them, or correct the length"}
	}
	return nil
}
