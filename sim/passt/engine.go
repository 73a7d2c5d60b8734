package passt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/internal/frame"
)

const (
	// DefaultMTU is the default value of the MTU option.
	DefaultMTU = 65520
	// NoMTU as Config.MTU leaves the MTU option out (passt -m 0).
	NoMTU = -1

	// maxNameservers is resolv.conf(5)'s MAXNS.
	maxNameservers = 3
	// maxSearches is the most octets of the encoded search list: its option's length is
	// one octet, in units of eight.
	maxSearches = 2000
)

// fixedMAC is passt's link-layer address since 2024_08_21.
var fixedMAC = net.HardwareAddr{0x9a, 0x55, 0x9a, 0x55, 0x9a, 0x55}

// localLinkLocal is passt's address in front of a pod without IPv6.
var localLinkLocal = netip.MustParseAddr("fe80::1")

// Config has what passt reads from its command line and from the pod.
type Config struct {
	Release Release // default: Default

	// The pod.

	PodMAC      net.HardwareAddr // of the pod's interface
	Address     netip.Prefix     // the pod's; zero: a pod without IPv6
	Gateway     netip.Addr       // zero: no default route
	Nameservers []netip.Addr     // passt uses the first three of IPv6
	Searches    []string

	// Options.

	MAC          net.HardwareAddr // -M: passt's own MAC; default: by release
	MTU          int              // -m: 0 is DefaultMTU, NoMTU none
	FQDN         string           // --fqdn; without effect before 2025_02_17
	AddressGiven bool             // -a: Address was given, not found
	NoRA         bool             // --no-ra
	NoNDP        bool             // --no-ndp
	NoDHCPv6     bool             // --no-dhcpv6
	NoMapGW      bool             // --no-map-gw
	NoICMP       bool             // --no-icmp

	// NotAutonomous clears the prefix option's A flag (RFC 4861 4.6.2), for a lab
	// without SLAAC. No passt does that.
	NotAutonomous bool

	// Surroundings.

	Neighbour func(netip.Addr) (net.HardwareAddr, bool) // the pod kernel's neighbour table; default: empty
	Started   time.Time                                 // of passt; the server's DUID has it
	Rand      func(n int) int                           // a number from 0 to n-1; default: rand.IntN
}

// Engine is passt's protocols towards the guest. One goroutine uses it at a time.
type Engine struct {
	cfg     Config
	local   bool // the pod has no IPv6
	silent  bool // and so passt sends no IPv6; or passt has ended
	ended   bool
	address netip.Addr // the leased one; in local mode the guest's own
	mac     net.HardwareAddr
	ll      netip.Addr // passt's own: the gateway's if that is link-local, else the pod's

	guest     net.HardwareAddr // nil until the guest has sent
	seen      netip.Addr
	seenLL    netip.Addr // zero: unset
	nextRA    time.Time  // zero: none
	serverID  []byte
	iaid      [4]byte
	replies   scratch
	resolvers []netip.Addr
}

// New returns the engine of a passt that has just been started.
func New(cfg Config) (*Engine, error) {
	if cfg.Release.Name == "" {
		cfg.Release, _ = Lookup(Default)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.IntN
	}
	if cfg.Neighbour == nil {
		cfg.Neighbour = func(netip.Addr) (net.HardwareAddr, bool) { return nil, false }
	}
	if cfg.MTU == 0 {
		cfg.MTU = DefaultMTU
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure passt: %w", err)
	}
	cfg.Searches = domains(cfg.Searches)
	podLL := eui64.Address(eui64.LinkLocal, [6]byte(cfg.PodMAC))
	e := &Engine{cfg: cfg, mac: cfg.MAC, ll: podLL, seen: netip.IPv6Unspecified()}
	if e.mac == nil {
		e.mac = cfg.PodMAC
		if cfg.Release.FixedMAC {
			e.mac = fixedMAC
		}
	}
	if e.local = !cfg.Address.IsValid(); e.local {
		// passt: advertises a router in front of an IPv4-only pod, 2025_12_08.
		e.silent = !cfg.Release.LocalMode
		e.cfg.Gateway = localLinkLocal
	} else {
		e.address = cfg.Address.Addr()
		e.seen = e.address
	}
	if linkLocal(e.cfg.Gateway) {
		e.ll = e.cfg.Gateway
	}
	if cfg.Release.InitialPodLL {
		e.seenLL = podLL
	}
	e.resolvers = e.nameservers()
	e.serverID = e.duid()
	e.iaid = [4]byte{1} // a one as a little-endian machine stores it
	e.replies = newScratch(e.cfg.Searches)
	return e, nil
}

func (c Config) check() error {
	if len(c.PodMAC) != 6 {
		return fmt.Errorf("pod MAC %q is not of six octets", c.PodMAC)
	}
	if c.MAC != nil && len(c.MAC) != 6 {
		return fmt.Errorf("MAC %q is not of six octets", c.MAC)
	}
	if a := c.Address.Addr(); c.Address.IsValid() && (!isIPv6(a) || multicast(a) || a.IsUnspecified() || linkLocal(a)) {
		return fmt.Errorf("address %s is no IPv6 unicast address of the pod", a)
	}
	if c.Gateway.IsValid() && !isIPv6(c.Gateway) {
		return fmt.Errorf("gateway %s is not IPv6", c.Gateway)
	}
	if c.Address.IsValid() && !c.Gateway.IsValid() && !c.Release.Routeless {
		return fmt.Errorf("passt %s does not start in a pod without a default route in IPv6", c.Release)
	}
	if c.MTU != NoMTU && (c.MTU < 68 || c.MTU > 65535) {
		return fmt.Errorf("MTU %d is outside 68 to 65535", c.MTU)
	}
	size := 0
	for _, d := range undotted(domains(append(slices.Clone(c.Searches), c.FQDN))) {
		if len(d) > 253 || slices.ContainsFunc(strings.Split(d, "."), func(l string) bool { return l == "" || len(l) > 63 }) {
			return fmt.Errorf("domain %q is not a domain name (RFC 1035 2.3.4)", d)
		}
		size += len(d) + 3 // with a dot at the end
	}
	if size > maxSearches {
		return errors.New("the search list is too long for one option")
	}
	return nil
}

// domains removes the root domain.
func domains(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" || n == "." })
}

// nameservers returns those that the guest gets. passt: replaces ::1, the pod's loopback,
// by the gateway's address, all releases.
func (e *Engine) nameservers() (ns []netip.Addr) {
	for _, a := range e.cfg.Nameservers {
		switch {
		case !isIPv6(a):
			continue
		case loopback(a) && (e.cfg.NoMapGW || !e.cfg.Gateway.IsValid()):
			continue
		case loopback(a):
			a = e.cfg.Gateway
		}
		if ns = append(ns, a); len(ns) == maxNameservers {
			break
		}
	}
	return ns
}

// MAC returns passt's own link-layer address on the guest's link.
func (e *Engine) MAC() net.HardwareAddr { return slices.Clone(e.mac) }

// LinkLocal returns passt's own address on the guest's link.
func (e *Engine) LinkLocal() netip.Addr { return e.ll }

// GuestMAC returns the last source of a guest's frame, or the broadcast
// address before the first.
func (e *Engine) GuestMAC() net.HardwareAddr {
	if e.guest == nil {
		return slices.Clone(broadcast)
	}
	return slices.Clone(e.guest)
}

// Address returns the leased address. For a pod without IPv6 it is the zero Addr until
// the guest has sent from a link-local address, and then that address.
func (e *Engine) Address() netip.Addr { return e.address }

// SetAddress makes a the leased address, and its /64 the advertised prefix. A running
// passt cannot do that; it stands for a restart that the guest does not notice.
func (e *Engine) SetAddress(a netip.Addr) {
	if e.seen == e.address {
		e.seen = a
	}
	e.address = a
}

// Connect returns the frames that passt sends unasked when the guest connects, and starts
// the timer of unsolicited router advertisements. A virtual machine that boots does not
// receive them: its driver resets the device, and QEMU drops what waits there.
func (e *Engine) Connect(now time.Time) (out [][]byte) {
	if e.silent {
		return nil
	}
	b := e.cfg.Release.Behaviour
	if b.UnsolicitedRA && !e.cfg.NoRA && !e.cfg.NoNDP {
		e.schedule(now)
		if b.AdvertOnConnect {
			out = append(out, e.Advertisement(allNodes, e.GuestMAC()))
		}
	}
	if b.InitialNS && !e.cfg.NoNDP {
		out = append(out, e.solicitation())
	}
	return out
}

// schedule sets the time of the next unsolicited advertisement: 200 to 599
// seconds from now (RFC 4861 6.2.4).
func (e *Engine) schedule(now time.Time) {
	e.nextRA = now.Add(time.Duration(200+e.cfg.Rand(400)) * time.Second)
}

// Deadline returns when Tick returns a frame. The zero Time means never.
func (e *Engine) Deadline() time.Time { return e.nextRA }

// Tick returns the frames that are due at now.
func (e *Engine) Tick(now time.Time) [][]byte {
	if e.nextRA.IsZero() || now.Before(e.nextRA) {
		return nil
	}
	e.schedule(now)
	return [][]byte{e.Advertisement(allNodes, e.GuestMAC())}
}

// End ends passt. It then answers nothing.
func (e *Engine) End() { e.ended, e.silent, e.nextRA = true, true, time.Time{} }

// Ended reports whether passt has ended: by End, or by a frame of the guest.
func (e *Engine) Ended() bool { return e.ended }

// Handle takes a frame of the guest and returns passt's answers.
func (e *Engine) Handle(now time.Time, b []byte) [][]byte {
	if len(b) < 14 { // no Ethernet header
		return nil
	}
	e.guest = slices.Clone(b[6:12])
	// passt: a frame with padding is ignored, all releases.
	p, ok := frame.ParseHeader(b)
	if !ok || len(p.Trailer) > 0 || e.silent || !complete(p) {
		return nil
	}
	if e.cfg.Release.DropLoopback && (loopback(p.Source) || loopback(p.Destination)) {
		return nil
	}
	e.observe(p.Source)
	var answer []byte
	switch p.Protocol { // passt: never answers behind an extension header, all releases
	case layers.IPProtocolICMPv6:
		answer = e.neighbourDiscovery(p)
	case layers.IPProtocolUDP:
		// passt: ends by a flow from ::, 2024_07_26 and 2024_08_06. DHCPv6 is none.
		if e.cfg.Release.EndsByUDP && p.Source.IsUnspecified() && len(p.Payload) >= udpLen && !p.IsUDP(dhcpv6.DefaultServerPort) {
			e.End()
			return nil
		}
		answer = e.dhcpv6(p)
	}
	if answer == nil {
		return nil
	}
	return [][]byte{answer}
}
