package replica

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
)

// node returns an observation. An address is a line of a link, an address, lifetimes and
// flags, as in "eth0 fd00::1/64 3600 1800 mngtmpaddr"; - is infinite.
func node(t *testing.T, links []selector.Link, addresses ...string) selector.Observation {
	t.Helper()
	o := selector.Observation{APIVersion: selector.APIVersion, Links: append([]selector.Link{{Index: 1, Name: "lo", Type: "loopback", MTU: 65536, Up: true}}, links...)}
	for _, line := range addresses {
		f := strings.Fields(line)
		a := selector.Address{Prefix: netip.MustParsePrefix(f[1]), Link: f[0]}
		a.Scope = observe.ScopeOf(a.Prefix.Addr())
		a.ValidLifetime, a.PreferredLifetime = lifetime(t, f[2]), lifetime(t, f[3])
		for _, word := range f[4:] {
			if p, ok := strings.CutPrefix(word, "proto="); ok {
				a.Protocol = p
				continue
			}
			flag, err := selector.ParseFlags([]string{word})
			if err != nil {
				t.Fatal(err)
			}
			a.Flags |= flag
		}
		o.Addresses = append(o.Addresses, a)
	}
	return o
}

func lifetime(t *testing.T, s string) uint32 {
	t.Helper()
	if s == "-" {
		return selector.Forever
	}
	var n uint32
	for _, c := range s {
		n = 10*n + uint32(c-'0')
	}
	return n
}

var eth0 = selector.Link{Index: 2, Name: "eth0", Type: "veth", MAC: "52:54:00:1f:c7:bd", MTU: 1500, Up: true}

// Every state of links and addresses that the kernel has comes about, and what does not is
// said.
func TestStates(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct {
		name      string
		links     []selector.Link
		addresses []string
		differs   []string // parts of the sentences
	}{
		{name: "flags that programs set", links: []selector.Link{eth0}, addresses: []string{
			"eth0 fd00::8/128 - - permanent noprefixroute",
			"eth0 fd00::7/64 86398 14398 nodad mngtmpaddr",
			"eth0 fd00::6/64 - - permanent mngtmpaddr noprefixroute proto=kernel_ra",
			"eth0 fd00::5/128 - - permanent nodad home proto=18",
			"eth0 fd00::4/128 - 600 permanent",
			"eth0 fe80::5054:ff:fe1f:c7bd/64 - - permanent proto=kernel_ll",
		}},
		{name: "flags of the kernel", links: []selector.Link{eth0}, addresses: []string{
			"eth0 fd00::8/64 - - mngtmpaddr proto=kernel_ra",
			"eth0 fd00::7/64 - 0 mngtmpaddr deprecated",
			"eth0 fd01::7/64 - 1800 mngtmpaddr noprefixroute",
			"eth0 fd00::6/128 3600 0 deprecated",
			"eth0 fd00::5/128 - - permanent tentative",
			"eth0 fd00::4/128 - - permanent",
			"eth0 fd00::3/64 - - tentative optimistic mngtmpaddr",
			"eth0 fd00::2/128 - - permanent",
			"eth0 fd00::1/128 - - permanent dadfailed tentative",
			"eth0 fd00::f/128 3600 1800 dadfailed tentative",
			"eth0 fe80::1/64 - - permanent tentative",
		}},
		{name: "what the kernel alone sets", links: []selector.Link{eth0}, addresses: []string{
			"eth0 fd00::8/64 - - mngtmpaddr stable-privacy",
			"eth0 fd00::7/128 - - mngtmpaddr",
			"eth0 ff02::5/64 - - permanent",
		}, differs: []string{
			"fd00::8/64 has the flags mngtmpaddr, and should have mngtmpaddr stable-privacy",
			"fd00::7/128 has the flags none, and should have mngtmpaddr",
			"fd00::7/128 is valid for 4294967294 s",
			"refuses the address ff02::5/64 of eth0 (",
			"no address ff02::5/64",
		}},
		{name: "temporary", links: []selector.Link{eth0}, addresses: []string{
			"eth0 fd00::8888:2/64 - - permanent",
			"eth0 fd00::6000:0:0:1/64 600 300 temporary",
			"eth0 fd00::5054:ff:fe1f:c7bd/64 3600 1800 mngtmpaddr",
			"eth0 fd00::8888:1/64 600 0 temporary deprecated",
			"eth0 fd01::f000:0:0:1/64 - - temporary",
			"eth0 fd00::8888:0/64 - - permanent",
			"eth0 fe80::5054:ff:fe1f:c7bd/64 - - permanent",
		}, differs: []string{
			"fd01::f000:0:0:1 is temporary", "fd00::6000:0:0:1 is temporary", "stood in for it, at another place by number.",
		}},
		{name: "links", links: []selector.Link{
			{Index: 7, Name: "up", Type: "veth", MAC: "52:54:00:00:00:07", MTU: 9000, Up: true},
			{Index: 5, Name: "carrierless", Type: "veth", MAC: "52:54:00:00:00:05", MTU: 1500},
			{Index: 9, Name: "down", Type: "veth", MAC: "52:54:00:00:00:09", MTU: 1280},
			{Index: 12, Name: "tun0", Type: "tuntap", MTU: 1420, Up: true},
			{Index: 99999, Name: "tun1", Type: "wireguard", MTU: 1420},
		}, addresses: []string{
			"carrierless fd00::5/64 - - mngtmpaddr",
			"carrierless fe80::5/64 - - permanent",
			"up fd00::7/128 - - permanent",
			"up fd00::5/128 - - permanent",
			"tun0 fd00::12/64 - - permanent",
		}, differs: []string{"Of kind tuntap, which matters to programs that look for hardware or for a kind of link: tun1 (wireguard)."}},
		{name: "flags of links", links: []selector.Link{
			{Index: 2, Name: "noarp", Type: "veth", MAC: "52:54:00:00:00:02", MTU: 1500, Up: true, Flags: selector.ParseLinkFlags([]string{"UP", "BROADCAST", "NOARP", "MULTICAST", "LOWER_UP"})},
			{Index: 3, Name: "carrierless", Type: "veth", MAC: "52:54:00:00:00:03", MTU: 1500, Flags: selector.ParseLinkFlags([]string{"UP", "BROADCAST", "MULTICAST"})},
			{Index: 4, Name: "down", Type: "veth", MAC: "52:54:00:00:00:04", MTU: 1500, Flags: selector.ParseLinkFlags([]string{"BROADCAST", "MULTICAST"})},
			{Index: 5, Name: "tun0", Type: "tun", MTU: 1500, Flags: selector.ParseLinkFlags([]string{"UP", "POINTOPOINT", "NOARP", "MULTICAST"})},
			{Index: 6, Name: "port", Type: "veth", MAC: "52:54:00:00:00:06", MTU: 1500, Up: true, Flags: selector.ParseLinkFlags([]string{"UP", "BROADCAST", "SLAVE", "MULTICAST", "LOWER_UP"})},
		}, addresses: []string{
			"noarp fd00::2/64 - - mngtmpaddr",
			"noarp fe80::2/64 - - permanent",
			"carrierless 192.0.2.1/24 - - permanent",
			"down fd00::4/64 - - permanent tentative",
			"down 192.0.2.2/24 - - permanent",
			"tun0 fd00::5/64 - - permanent",
		}, differs: []string{"port is number 6, up, 52:54:00:00:00:06, MTU 1500, with the flags UP BROADCAST MULTICAST LOWER_UP, and should be"}},
		{name: "lo", links: []selector.Link{eth0}, addresses: []string{
			"lo 127.0.0.1/8 - - permanent",
			"lo fd00::1/128 - - permanent",
			"lo ::1/128 - - permanent noprefixroute",
			"eth0 192.0.2.9/24 3600 1800",
			"eth0 198.51.100.1/32 - - permanent noprefixroute",
			"eth0 192.0.2.8/24 - - permanent temporary", // IFA_F_SECONDARY
			"eth0 fd00::1/128 - - permanent",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := node(t, tt.links, tt.addresses...)
			o.Unknown = selector.Facts{selector.FactRoutes}
			r, err := New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			left := slices.Clone(r.Differs)
			for _, want := range tt.differs {
				i := slices.IndexFunc(left, func(d string) bool { return strings.Contains(d, want) })
				if i < 0 {
					t.Errorf("nothing says %q", want)
				} else {
					left = slices.Delete(left, i, i+1)
				}
			}
			for _, d := range left {
				t.Errorf("unexpected: %s", d)
			}
			if t.Failed() {
				got, err := observe.Read(r.NS)
				for _, a := range got.Addresses {
					t.Logf("%+v %v", a, err)
				}
			}
		})
	}
}
