package observe

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/passtlab/passtlab/selector"
)

// message reads hexadecimal digits; blanks are for the eye. Little endian, as
// the machines that these tests run on.
func message(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	head6 = "0a 40 80 00 02000000 "                                     // AF_INET6, /64, permanent, global, link 2
	addr6 = "1400 0100 fd01cafe00000000505400fffe1fc7bd "               // IFA_ADDRESS
	life  = "1400 0600 ffffffff ffffffff 00000000 00000000 "            // IFA_CACHEINFO, for ever
	flags = "0800 0800 80020000 "                                       // IFA_FLAGS permanent noprefixroute
	proto = "0500 0b00 02 000000 "                                      // IFA_PROTO kernel_ra
	peer6 = "1400 0200 fd01cafe000000000000000000000009 "               // IFA_LOCAL
	head4 = "02 18 80 fe 01000000 0800 0100 c0000209 "                  // AF_INET, /24, host, link 1, IFA_ADDRESS
	same4 = "0800 0200 c0000209 0800 0400 c00002ff 0700 0300 6c6f00 00" // IFA_LOCAL, _BROADCAST, _LABEL
)

func TestDecodeAddress(t *testing.T) {
	const forever = selector.Forever
	tests := []struct {
		name, message string
		want          selector.Address
		link          int
	}{
		{"IPv6", head6 + addr6 + life + flags + proto, selector.Address{
			Prefix: netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64"), Scope: "global",
			Flags:         selector.FlagPermanent | selector.FlagNoPrefixRoute,
			ValidLifetime: forever, PreferredLifetime: forever, Protocol: "kernel_ra",
		}, 2},
		{"no attribute but the address", head6 + addr6, selector.Address{
			Prefix: netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64"), Scope: "global", Flags: selector.FlagPermanent,
			ValidLifetime: forever, PreferredLifetime: forever,
		}, 2},
		{"finite lifetimes", head6 + addr6 + "1400 0600 0a000000 0b000000 00000000 00000000", selector.Address{
			Prefix: netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64"), Scope: "global", Flags: selector.FlagPermanent,
			PreferredLifetime: 10, ValidLifetime: 11,
		}, 2},
		{"peer", head6 + addr6 + peer6, selector.Address{
			Prefix: netip.MustParsePrefix("fd01:cafe::9/128"), Scope: "global", Flags: selector.FlagPermanent,
			ValidLifetime: forever, PreferredLifetime: forever,
		}, 2},
		{"IPv4", head4 + same4, selector.Address{
			Prefix: netip.MustParsePrefix("192.0.2.9/24"), Scope: "host", Flags: selector.FlagPermanent,
			ValidLifetime: forever, PreferredLifetime: forever,
		}, 1},
		{"number for a protocol", head6 + addr6 + "0500 0b00 63 000000", selector.Address{
			Prefix: netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64"), Scope: "global", Flags: selector.FlagPermanent,
			ValidLifetime: forever, PreferredLifetime: forever, Protocol: "99",
		}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, link, ok, err := decodeAddress(message(t, tt.message))
			if err != nil || !ok || link != tt.link {
				t.Fatalf("link %d, %t, %v", link, ok, err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, _, ok, err := decodeAddress(message(t, "2d 08 00 00 01000000")); ok || err != nil {
		t.Errorf("AF_MCTP: %t, %v, want neither address nor error", ok, err)
	}
}

func TestDecodeAddressErrors(t *testing.T) {
	for name, s := range map[string]string{
		"empty":                 "",
		"short header":          "0a 40 80 00 020000",
		"no address":            head6 + life,
		"attribute too long":    head6 + "1800 0100 fd01cafe00000000505400fffe1fc7bd",
		"attribute too short":   head6 + "0300 0100",
		"short address":         head6 + "0c00 0100 fd01cafe00000000",
		"short flags":           head6 + addr6 + "0600 0800 8002 0000",
		"short lifetimes":       head6 + addr6 + "0800 0600 ffffffff",
		"no protocol":           head6 + addr6 + "0400 0b00",
		"prefix too long":       "0a 81 80 00 02000000" + addr6,
		"IPv4 address for IPv6": head6 + "0800 0100 c0000209",
	} {
		t.Run(name, func(t *testing.T) {
			if a, _, _, err := decodeAddress(message(t, s)); !errors.Is(err, errAddress) {
				t.Errorf("%v, %v, want errAddress", a, err)
			}
		})
	}
}

func FuzzDecodeAddress(f *testing.F) {
	for _, s := range []string{head6 + addr6 + life + flags + proto, head6 + addr6 + peer6, head4 + same4} {
		b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _, ok, err := decodeAddress(b)
		if ok && (err != nil || !a.Prefix.IsValid() || a.Scope == "") {
			t.Errorf("%v, %v", a, err)
		}
		if err != nil && !errors.Is(err, errAddress) {
			t.Errorf("unexpected error %v", err)
		}
	})
}
