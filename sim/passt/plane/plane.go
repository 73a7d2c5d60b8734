package plane

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
)

// Config of a plane.
type Config struct {
	Pod     *netns.NS
	Uplink  string // the pod's interface towards the cluster
	Tap     string // the pod's interface towards the guest
	Release passt.Release

	Address netip.Addr   // the pod's address, by which it sends
	Others  []netip.Addr // the pod's other addresses; passt listens on them, too
	Lease   netip.Addr   // what is leased, and the address seen at first; default: Address
	PodLL   netip.Addr   // the link-local address of Uplink
	PasstLL netip.Addr   // passt's own: PodLL, or the gateway's if that is link-local
	Gateway netip.Addr   // mapped to the pod's loopback; zero: nothing is

	// Guest and GuestMAC are the next hop for all that is sent to the guest,
	// whatever the destination: passt resolves no address of the guest.
	Guest    netip.Addr
	GuestMAC net.HardwareAddr

	NoEcho bool // echo requests of the guest go nowhere

	// TCP and UDP are the ports that are forwarded to the guest.
	TCP, UDP []passt.PortRange
}

const (
	guestTable = 100  // routing table that leads to the guest
	rulePref   = 100  // where the rule for the local table is moved to
	coneSize   = 1024 // ports of the guest that are open to everybody

	// passt: an idle UDP port of releases before 2024_07_26 stays open this long.
	coneTimeout = 180 * time.Second

	markGuest   = 1 // packet to the guest; connection of the guest
	markPod     = 2 // connection that the pod itself has opened
	markHairpin = 3 // connection of the guest with itself, by way of the pod
	markOut     = 4 // packet from the guest
	markStray   = 5 // connection of the guest whose answers come from elsewhere
)

// Plane is the translation of one pod. It ends with the pod's namespace.
type Plane struct {
	cfg  Config
	conn *nftables.Conn

	table *nftables.Table
	// seen and ll, passt's addr_seen and addr_ll_seen, are variables: maps with
	// one element, keyed by the protocol family.
	seen, ll     *nftables.Set
	isSeen, isLL netip.Addr // what they hold
	// own holds the address leased and the one seen. Another host that has one of
	// them appears to the guest as passt itself.
	own *nftables.Set
	// ports holds protocol and port of what is forwarded, cone those that the
	// guest has sent from.
	ports, cone *nftables.Set
	// dstNAT and srcNAT translate by conntrack.
	dstNAT, srcNAT *nftables.Chain
	rules          []rule

	in    *packet.Conn // where frames of the guest enter the pod
	frame []byte
}

// New installs the plane. The interfaces are up and the pod owns its address.
func New(cfg Config, pod *link.Net) (*Plane, error) {
	if !cfg.Lease.IsValid() {
		cfg.Lease = cfg.Address
	}
	p := &Plane{cfg: cfg}
	err := errors.Join(
		pod.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}),
		pod.LocalRulePreference(rulePref, markGuest, guestTable),
		p.Route(pod),
		pod.AddRoute(cfg.Uplink, outside, netip.Addr{}, 0),
		pod.AddAddress("lo", netip.PrefixFrom(within(outside, cfg.PodLL), 128), link.NoDAD),
	)
	if err != nil {
		return nil, fmt.Errorf("route to the guest: %w", err)
	}
	if p.in, err = listen(cfg.Pod); err != nil {
		return nil, err
	}
	if err := cfg.Pod.Do(func() error { p.conn, err = nftables.New(nftables.AsLasting()); return err }); err != nil {
		return nil, errors.Join(fmt.Errorf("open nftables in %s: %w", cfg.Pod.Name(), err), p.in.Close())
	}
	p.isSeen = p.cfg.Lease
	if p.cfg.Release.InitialPodLL {
		p.isLL = p.cfg.PodLL
	}
	p.guard()
	if err := p.install(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Route adds what leads to the guest by Tap. All of it goes when Tap goes down.
func (p *Plane) Route(pod *link.Net) error {
	return errors.Join(
		pod.AddNeighbour(p.cfg.Tap, p.cfg.Guest, p.cfg.GuestMAC),
		pod.AddRoute(p.cfg.Tap, anywhere, p.cfg.Guest, guestTable),
		pod.AddRoute(p.cfg.Tap, inside, p.cfg.Guest, 0),
	)
}

var anywhere = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

// Change changes Address, Others, Gateway, Lease and PasstLL; the addresses seen
// stay, flows do not. The caller forwards nothing meanwhile.
func (p *Plane) Change(change func(*Config)) error {
	change(&p.cfg)
	p.conn.DelTable(p.table)
	return p.install()
}

// Close closes the plane's sockets; the rules go with the namespace.
func (p *Plane) Close() error { return errors.Join(p.in.Close(), p.conn.CloseLasting()) }

// Follow leads new inbound flows from global sources to seen, and those from
// link-local ones to ll; a zero ll: none is known.
func (p *Plane) Follow(seen, ll netip.Addr) error {
	changed := false
	for _, v := range []struct {
		set *nftables.Set
		is  *netip.Addr
		new netip.Addr
	}{{p.seen, &p.isSeen, seen}, {p.ll, &p.isLL, ll}} {
		if *v.is == v.new {
			continue
		}
		p.conn.FlushSet(v.set)
		if err := p.conn.SetAddElements(v.set, variable(v.new)); err != nil {
			return fmt.Errorf("set %s in %s: %w", v.set.Name, p.cfg.Pod.Name(), err)
		}
		*v.is, changed = v.new, true
	}
	if !changed {
		return nil
	}
	p.conn.FlushSet(p.own)
	if err := p.conn.SetAddElements(p.own, p.owned()); err != nil {
		return fmt.Errorf("set %s in %s: %w", p.own.Name, p.cfg.Pod.Name(), err)
	}
	if err := p.conn.Flush(); err != nil {
		return fmt.Errorf("set the guest's address in %s: %w", p.cfg.Pod.Name(), err)
	}
	return nil
}

// variable is the one element of a map that serves as a variable.
func variable(a netip.Addr) []nftables.SetElement {
	if !a.IsValid() {
		return nil
	}
	return []nftables.SetElement{{Key: []byte{unix.NFPROTO_IPV6}, Val: a.AsSlice()}}
}

// install adds the table, and then its rules.
func (p *Plane) install() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("install nftables rules in %s: %w", p.cfg.Pod.Name(), err)
		}
	}()
	p.table = p.conn.AddTable(&nftables.Table{Name: "passt", Family: nftables.TableFamilyIPv6})
	if err := p.sets(); err != nil {
		return err
	}
	p.dstNAT = p.chain("dstnat", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, prioDstNAT)
	p.srcNAT = p.chain("srcnat", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, prioSrcNAT)
	p.linkLocals()
	p.classify()
	p.hairpin()
	if p.cfg.Release.PerFlow {
		p.perFlow()
	} else {
		p.perPacket()
	}
	p.local()
	if err := p.conn.Flush(); err != nil {
		return err
	}
	return p.send()
}

func (p *Plane) sets() error {
	// The library would number sets from a counter that it shares between
	// goroutines unguarded.
	id := uint32(0)
	next := func() uint32 { id++; return id }
	newVariable := func(name string, value netip.Addr) (*nftables.Set, error) {
		s := &nftables.Set{
			Table: p.table, Name: name, ID: next(), IsMap: true,
			KeyType: nftables.TypeNFProto, DataType: nftables.TypeIP6Addr,
		}
		return s, p.conn.AddSet(s, variable(value))
	}
	portSet := func(name string) *nftables.Set {
		return &nftables.Set{
			Table: p.table, Name: name, ID: next(), Concatenation: true,
			KeyType: nftables.MustConcatSetType(nftables.TypeInetProto, nftables.TypeInetService),
		}
	}
	var err error
	if p.seen, err = newVariable("seen", p.isSeen); err != nil {
		return err
	}
	if p.ll, err = newVariable("ll_seen", p.isLL); err != nil {
		return err
	}
	p.own = &nftables.Set{Table: p.table, Name: "own", ID: next(), KeyType: nftables.TypeIP6Addr}
	if err := p.conn.AddSet(p.own, p.owned()); err != nil {
		return err
	}
	p.ports = portSet("ports")
	p.ports.Interval = true
	if err := p.conn.AddSet(p.ports, append(
		portElements(unix.IPPROTO_TCP, p.cfg.TCP), portElements(unix.IPPROTO_UDP, p.cfg.UDP)...)); err != nil {
		return err
	}
	p.cone = portSet("cone")
	p.cone.Dynamic, p.cone.Size, p.cone.HasTimeout, p.cone.Timeout = true, coneSize, true, coneTimeout
	return p.conn.AddSet(p.cone, nil)
}

// owned are the elements of own.
func (p *Plane) owned() []nftables.SetElement {
	es := []nftables.SetElement{{Key: p.cfg.Lease.AsSlice()}}
	if p.isSeen != p.cfg.Lease {
		es = append(es, nftables.SetElement{Key: p.isSeen.AsSlice()})
	}
	return es
}

// portElements are ranges of protocol and port, each padded to four octets.
func portElements(proto byte, ranges []passt.PortRange) (es []nftables.SetElement) {
	key := func(port uint16) []byte {
		return []byte{proto, 0, 0, 0, byte(port >> 8), byte(port), 0, 0}
	}
	for _, r := range ranges {
		es = append(es, nftables.SetElement{Key: key(r.First), KeyEnd: key(r.Last)})
	}
	return es
}

// addresses are all of the pod's but the link-local one.
func (p *Plane) addresses() []netip.Addr { return append([]netip.Addr{p.cfg.Address}, p.cfg.Others...) }

// chain adds a base chain to the table that was added last.
func (p *Plane) chain(name string, typ nftables.ChainType, hook *nftables.ChainHook, prio nftables.ChainPriority) *nftables.Chain {
	return p.conn.AddChain(&nftables.Chain{Table: p.table, Name: name, Type: typ, Hooknum: hook, Priority: &prio})
}
