package passt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/scenarios"
)

// The releases that are known, and the one used unless another is named.
const (
	First   = "2022_11_10"
	Last    = "2026_10_02"
	Default = "2025_05_03"
)

// Release is a passt release: its name, which is a date, and how it behaves.
type Release struct {
	Name string
	Behaviour
}

// String returns the release's name.
func (r Release) String() string { return r.Name }

// Behaviour has all differences between releases.
type Behaviour struct {
	// Router advertisements (RFC 4861 4.2).

	FixedMAC         bool          // passt's MAC is 9a:55:9a:55:9a:55, else the pod's
	RouterLifetime   time.Duration // whole seconds
	PrefixLifetime   time.Duration // valid and preferred
	ResolverLifetime time.Duration // RDNSS and DNSSL
	WholePrefix      bool          // the pod's whole address is in the prefix field
	SourceSecond     bool          // the source link-layer option follows the prefix, else it comes last
	UnsolicitedRA    bool          // one every 200 to 599 s
	AdvertOnConnect  bool          // and one as soon as the guest connects
	LongestPrefix    bool          // the pod's address with the longest prefix is leased, else the first that the kernel lists
	Routeless        bool          // starts in a pod that has IPv6 but no default route
	LocalMode        bool          // a pod without IPv6 advertises fe80::1; else IPv6 is silent

	// Neighbour discovery (RFC 4861 7.2).

	ShortNS       bool // solicitations without a whole target are answered
	InitialNS     bool // the guest is solicited as soon as it connects
	NeighbourMACs bool // advertisements hold the pod's neighbours' own MACs; new ones are announced

	// DHCPv6 (RFC 8415 18.3).

	SearchList       SearchList // how well the search list is encoded
	EveryIA          bool       // every IA_NA is checked for NotOnLink, else the first
	ShortIA          bool       // an IA_NA cut short by the message's end is ignored, else taken from 4 octets on
	ShortID          bool       // a server identifier cut short by the message's end is ignored, else the message is
	FQDN             FQDN       // the client name option
	LeaseIsLinkLocal bool       // any source of a request becomes the link-local address seen

	// The address seen: where inbound traffic goes.

	SeenUnspecified bool // a packet from :: counts
	SeenSolicitor   bool // a router solicitation from :: counts
	DropLoopback    bool // packets from or to ::1 are dropped before they count
	SeenFrozen      bool // nothing counts if the address was given by -a
	InitialPodLL    bool // the link-local address seen begins as the pod's own, else unset
	PerFlow         bool // chosen once a flow, else for every packet
	StateCarried    bool // a live migration carries over the addresses seen and the guest's MAC, else the next passt begins anew

	// The data plane.

	EndsByUDP    bool        // a datagram from :: ends passt
	EchoLoopback bool        // an echo to the gateway is answered by the pod, else by the gateway
	GatewayUDP   bool        // UDP to a global gateway is answered from it, else from passt's link-local address
	ResetACK     bool        // a guest whose connection fails is refused, else it gets a reset that it ignores
	UDPErrors    bool        // ICMPv6 errors about the guest's datagrams reach it
	AllPorts     []PortRange // the ports that "all" forwards
}

// SearchList is how a release encodes the domain search list of DHCPv6.
type SearchList int

// The kinds of search list.
const (
	SearchFirst SearchList = iota // right in the first reply only
	SearchStale                   // right until the client identifier's length changes
	SearchRight                   // right
)

// FQDN is how a release answers with the client name option.
type FQDN int

// The kinds of client name option, sent only if a name is configured.
const (
	FQDNNone  FQDN = iota // not sent
	FQDNFlags             // O is set if the client set S
	FQDNLong              // only if that option and what follows have 255 octets, else flags are zero
)

// PortRange is a range of ports, both ends included.
type PortRange = scenarios.PortRange

const endsByUDP = "WARNING: a UDP datagram of the guest from :: ends passt"

// changes are in the order of their releases, and are applied in this order. One without
// a function is known and not simulated.
var changes = []struct {
	since, what string
	set         func(*Behaviour)
}{
	{First, "the first release known", func(b *Behaviour) {
		*b = Behaviour{
			RouterLifetime:   9000 * time.Second,
			PrefixLifetime:   3600 * time.Second,
			ResolverLifetime: 60 * time.Second,
			LeaseIsLinkLocal: true,
			SeenUnspecified:  true,
			SeenSolicitor:    true,
			ShortNS:          true,
			InitialPodLL:     true,
			AllPorts:         []PortRange{{First: 0, Last: 49151}},
		}
	}},
	{"2023_06_03", "a packet from :: no longer changes the address seen, but for a router solicitation", func(b *Behaviour) { b.SeenUnspecified = false }},
	{"2023_06_03", "starts in a pod that has IPv6 but no default route if the interface is named, as KubeVirt does, before refused", func(b *Behaviour) { b.Routeless = true }},
	{"2023_10_04", "DHCPv6 search list right unless the client identifier's length changes, before in the first reply only", func(b *Behaviour) { b.SearchList = SearchStale }},
	{"2023_12_30", "router lifetime 65535 s, before 9000 s", func(b *Behaviour) { b.RouterLifetime = 65535 * time.Second }},
	{"2023_12_30", "prefix lifetimes infinite, before 3600 s", func(b *Behaviour) { b.PrefixLifetime = ndp.Infinity }},
	{"2023_12_30", "RDNSS and DNSSL lifetimes infinite, before 60 s", func(b *Behaviour) { b.ResolverLifetime = ndp.Infinity }},
	{"2023_12_30", "of several addresses of the pod the one with the longest prefix is leased, before the first that the kernel lists", func(b *Behaviour) { b.LongestPrefix = true }},
	{"2024_02_16", "\"all\" ports are 1-49151, before 0-49151", func(b *Behaviour) { b.AllPorts = []PortRange{{First: 1, Last: 49151}} }},
	{"2024_03_18", "packets from or to ::1 are dropped", func(b *Behaviour) { b.DropLoopback = true }},
	{"2024_07_26", "the guest's address is chosen once a flow, before for every packet", func(b *Behaviour) { b.PerFlow = true }},
	{"2024_07_26", "an echo to the gateway is answered by the pod, before by the gateway", func(b *Behaviour) { b.EchoLoopback = true }},
	{"2024_07_26", "UDP to a global gateway is answered from the gateway", func(b *Behaviour) { b.GatewayUDP = true }},
	{"2024_07_26", endsByUDP + ", in this release and 2024_08_06 only", func(b *Behaviour) { b.EndsByUDP = true }},
	{"2024_07_26", "UDP NAT filters by address and port, before endpoint-independent", nil},
	{"2024_08_14", "RA: the prefix field holds the pod's whole address", func(b *Behaviour) { b.WholePrefix = true }},
	{"2024_08_14", "RA: the source link-layer address follows the prefix, before it came last", func(b *Behaviour) { b.SourceSecond = true }},
	{"2024_08_14", "a neighbour solicitation without a whole target is not answered", func(b *Behaviour) { b.ShortNS = false }},
	{"2024_08_14", "a datagram of the guest from :: no longer ends passt", func(b *Behaviour) { b.EndsByUDP = false }},
	{"2024_08_21", "passt's MAC is 9a:55:9a:55:9a:55, before the pod's", func(b *Behaviour) { b.FixedMAC = true }},
	{"2024_08_21", "inbound from ::1 comes from the gateway address, before from passt's link-local address", nil},
	{"2024_08_21", "the link-local address seen is unset at first, before the pod's", func(b *Behaviour) { b.InitialPodLL = false }},
	{"2024_09_06", "\"all\" ports are those outside 32768-60999, before 1-49151", func(b *Behaviour) { b.AllPorts = []PortRange{{First: 1, Last: 32767}, {First: 61000, Last: 65535}} }},
	{"2024_11_21", "a router solicitation from :: no longer changes the address seen", func(b *Behaviour) { b.SeenSolicitor = false }},
	{"2024_11_21", "an unsolicited RA every 200 to 599 s", func(b *Behaviour) { b.UnsolicitedRA = true }},
	{"2024_11_21", "an unsolicited RA on connect, in this release only", func(b *Behaviour) { b.AdvertOnConnect = true }},
	{"2024_11_27", "no unsolicited RA on connect", func(b *Behaviour) { b.AdvertOnConnect = false }},
	{"2024_12_11", "the guest's multicast is dropped, in this release only", nil},
	{"2025_01_21", "the guest's multicast is sent on the pod's link, as before 2024_12_11", nil},
	{"2025_01_21", "a refused TCP connection's RST has ACK, and a host that cannot be reached counts as refused", func(b *Behaviour) { b.ResetACK = true }},
	{"2025_02_17", "DHCPv6 search list always right", func(b *Behaviour) { b.SearchList = SearchRight }},
	{"2025_02_17", "DHCPv6 client name option, if a name is given", func(b *Behaviour) { b.FQDN = FQDNFlags }},
	{"2025_02_17", "a live migration carries over the addresses seen and the guest's MAC, before lost", func(b *Behaviour) { b.StateCarried = true }},
	{"2025_03_20", "ICMPv6 errors about the guest's UDP reach the guest", func(b *Behaviour) { b.UDPErrors = true }},
	{"2025_04_15", "multicast to a forwarded UDP port is no longer delivered", nil},
	{"2025_04_15", "the guest's hop limit is kept for UDP", nil},
	{"2025_09_11", "every IA_NA is checked for NotOnLink, before the first", func(b *Behaviour) { b.EveryIA = true }},
	{"2025_09_11", "an IA_NA cut short by the message's end is ignored", func(b *Behaviour) { b.ShortIA = true }},
	{"2025_09_11", "a server identifier cut short by the message's end is ignored, before the message was", func(b *Behaviour) { b.ShortID = true }},
	{"2025_09_11", "the client name option's flags are zero, unless 255 octets of the message follow the client's option header", func(b *Behaviour) { b.FQDN = FQDNLong }},
	{"2025_09_19", "the guest is solicited on connect, so that a restarted passt knows its MAC at once; a virtual machine that boots does not receive it", func(b *Behaviour) { b.InitialNS = true }},
	{"2025_12_08", "neighbour advertisements hold the MACs of the pod's neighbours; new neighbours are announced unasked", func(b *Behaviour) { b.NeighbourMACs = true }},
	{"2025_12_08", "in front of a pod without IPv6 it advertises fe80::1 as router, and solicits :: on connect", func(b *Behaviour) { b.LocalMode = true }},
	{"2026_05_07", "idle UDP is forgotten after 120 s, 30 s if one-way, before 180 s", nil},
	{"2026_07_16", "the address seen never changes if the address was given by -a", func(b *Behaviour) { b.SeenFrozen = true }},
	{"2026_07_16", "a DHCPv6 packet from a global source no longer sets the link-local address seen", func(b *Behaviour) { b.LeaseIsLinkLocal = false }},
	{"2026_07_16", "a forwarding rule can name its target address", nil},
}

// Change is a difference between a release and those before it.
type Change struct {
	Since    string `json:"since"` // the first release with it
	What     string `json:"what"`
	Recorded bool   `json:"recorded,omitempty"` // it is known, and not simulated
}

// Changes returns what changed in which release, oldest first.
func Changes() (cs []Change) {
	for _, c := range changes {
		cs = append(cs, Change{c.since, c.what, c.set == nil})
	}
	return cs
}

// Lookup returns the release called name: "latest", or a date from First to
// Last, written 2025_05_03, whether or not a release was made on that day.
func Lookup(name string) (Release, error) {
	if name == "latest" {
		name = Last
	}
	if _, err := time.Parse("2006_01_02", name); err != nil {
		return Release{}, fmt.Errorf("passt release %q: not a date such as %s; known are %s to %s, and latest", name, Default, First, Last)
	}
	switch {
	case name < First:
		return Release{}, fmt.Errorf("passt release %s: older than the first known, %s; known are %[2]s to %s", name, First, Last)
	case name > Last:
		return Release{}, fmt.Errorf("passt release %s: newer than the last known, %s; known are %s to %[2]s", name, Last, First)
	}
	r := Release{Name: name}
	for _, c := range changes {
		if c.since <= name && c.set != nil {
			c.set(&r.Behaviour)
		}
	}
	r.AllPorts = slices.Clone(r.AllPorts)
	return r, nil
}

// ParseRelease returns the release called name: as for Lookup, or "kubevirt:1.4" for the
// one that a KubeVirt release ships.
func ParseRelease(name string) (Release, error) {
	if v, ok := strings.CutPrefix(name, "kubevirt:"); ok {
		return KubeVirt(v)
	}
	return Lookup(name)
}

// Shipped says which passt a KubeVirt release ships.
type Shipped struct {
	KubeVirt string `json:"kubevirt"` // "1.4"; with a suffix where builds differ, "1.8-el10"
	Passt    string `json:"passt"`
	Attach   string `json:"attach"` // how QEMU is attached to passt: "socket", or VhostUser
	Warning  string `json:"warning,omitempty"`
}

// VhostUser is the attachment with which the guest's link is down while there is no passt,
// and with which a running guest, too, does not receive what passt sends on connect.
const VhostUser = "vhost-user"

// shipped has the default build of a KubeVirt release before its others.
var shipped = []Shipped{
	{"1.0", "2022_11_10", "socket", ""},
	{"1.1", "2023_08_18", "socket", ""},
	{"1.2", "2023_08_18", "socket", ""},
	{"1.3", "2023_12_04", "socket", ""},
	{"1.4", "2024_08_06", "socket", endsByUDP},
	{"1.5", "2025_01_21", "socket", ""},
	{"1.6", "2025_05_12", VhostUser, ""},
	{"1.7", "2025_05_12", VhostUser, ""},
	{"1.8-el9", "2025_05_12", VhostUser, ""},
	{"1.8-el10", "2025_12_10", VhostUser, ""},
	{"1.9", "2026_06_11", VhostUser, ""},
}

// KubeVirts returns which passt each known KubeVirt release ships.
func KubeVirts() []Shipped { return slices.Clone(shipped) }

// KubeVirt returns the passt that a KubeVirt release ships.
func KubeVirt(version string) (Release, error) {
	s, err := Ships(version)
	if err != nil {
		return Release{}, err
	}
	return Lookup(s.Passt)
}

// Ships returns what a KubeVirt release ships: "1.4", "v1.4.1", "1.8-el10". 1.8 has two
// builds with different passts; "1.8" is the default build, on CentOS Stream 9.
func Ships(version string) (Shipped, error) {
	v := strings.TrimPrefix(version, "v")
	v, build, _ := strings.Cut(v, "-")
	if p := strings.Split(v, "."); len(p) == 3 { // the patch level does not matter
		v = p[0] + "." + p[1]
	}
	for _, s := range shipped {
		name, of, _ := strings.Cut(s.KubeVirt, "-")
		if name == v && (of == build || build == "" || of == "") {
			return s, nil
		}
	}
	var known []string
	for _, s := range shipped {
		known = append(known, s.KubeVirt)
	}
	return Shipped{}, fmt.Errorf("kubevirt release %q: unknown; known are %s", version, strings.Join(known, ", "))
}
