package plane

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
)

// Config of a plane.
type Config struct {
	Uplink  string // the pod's interface towards the cluster
	Tap     string // the pod's interface towards the guest
	Release passt.Release

	Address netip.Addr   // the pod's address, from which it sends
	Others  []netip.Addr // its other addresses there; passt listens on them, too
	Further []Further    // the pod's other interfaces, by which flows of the guest may leave
	Lease   netip.Addr   // the leased address, and the address seen at first; default: Address
	PodLL   netip.Addr   // the link-local address of Uplink
	PasstLL netip.Addr   // passt's own: PodLL, or the gateway's if that is link-local
	Gateway netip.Addr   // mapped to the pod's loopback; zero: no mapping

	// GuestMAC is where packets to the guest go that are not passt's: the lab's own.
	GuestMAC net.HardwareAddr

	NoEcho   bool              // echo requests of the guest are dropped
	TCP, UDP []passt.PortRange // the ports that are forwarded to the guest
}

// Further is an interface of the pod that is not on the cluster network.
type Further struct {
	Name    string
	Address netip.Addr // from which the pod sends there
}

const (
	guestTable = 100  // routing table for packets to the guest
	rulePref   = 100  // where the rule for the local table is moved to
	coneSize   = 1024 // ports of the guest that are open to everybody

	// passt: an idle UDP port of releases before 2024_07_26 stays open this long.
	coneTimeout = 180 * time.Second
	// Conntrack keeps a flow of datagrams at least this long after each.
	servedTimeout = 30 * time.Second

	markGuest   = 1 // packet to the guest; connection of the guest
	markPod     = 2 // connection that the pod itself has opened
	markHairpin = 3 // connection of the guest with itself, through the pod
	markOut     = 4 // packet from the guest
	markStray   = 5 // connection of the guest whose answers come from another address
)

// Plane is the translation of one pod. It ends with the pod's namespace.
type Plane struct {
	cfg  Config
	pod  *link.Net
	conn *nftables.Conn

	table *nftables.Table
	// seen and ll, passt's addr_seen and addr_ll_seen, are variables: maps with
	// one element, keyed by the protocol family.
	seen, ll     *nftables.Set
	isSeen, isLL netip.Addr // their values
	// guest is the guest's MAC as passt knows it: passt resolves no address of the guest.
	guest net.HardwareAddr
	// own has the leased address and the address seen. Another host that has one of
	// them appears to the guest as passt itself.
	own *nftables.Set
	// ports has the forwarded protocols and ports, cone those that the guest has sent
	// from.
	ports, cone *nftables.Set
	// served has, for the flows of others to the guest, the address of the guest.
	served *nftables.Set
	// refused has connections of the guest that have failed.
	refused *nftables.Set
	// dstNAT and srcNAT translate with conntrack.
	dstNAT, srcNAT *nftables.Chain
	rules          []rule

	in    *packet.Conn // through which frames of the guest enter the pod
	frame []byte
}

// New installs the plane in the pod. The interfaces have to be up and the pod has to own
// its address.
func New(cfg Config, pod *link.Net) (*Plane, error) {
	if !cfg.Lease.IsValid() {
		cfg.Lease = cfg.Address
	}
	p := &Plane{cfg: cfg, pod: pod, guest: broadcast}
	err := errors.Join(
		pod.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}),
		pod.LocalRulePreference(rulePref, markGuest, guestTable),
		p.Route(),
		pod.AddRoute(cfg.Uplink, outside, netip.Addr{}, 0),
		p.listen(cfg.PodLL),
	)
	if err != nil {
		return nil, fmt.Errorf("route to the guest: %w", err)
	}
	if p.in, err = listen(pod); err != nil {
		return nil, err
	}
	if err := pod.NS.Do(func() error { p.conn, err = nftables.New(nftables.AsLasting()); return err }); err != nil {
		return nil, errors.Join(fmt.Errorf("open nftables in %s: %w", pod.NS.Name(), err), p.in.Close())
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

// Route adds the neighbours and the routes for the guest. The kernel removes them when Tap
// goes down.
func (p *Plane) Route() error {
	return errors.Join(
		p.neighbours(),
		p.pod.AddRoute(p.cfg.Tap, anywhere, hop, guestTable),
		p.pod.AddRoute(p.cfg.Tap, inside, ownHop, 0),
	)
}

func (p *Plane) neighbours() error {
	return errors.Join(
		p.pod.SetNeighbour(p.cfg.Tap, hop, p.guest),
		p.pod.SetNeighbour(p.cfg.Tap, ownHop, p.cfg.GuestMAC),
	)
}

var (
	anywhere  = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	hop       = netip.MustParseAddr("fe80::5571:ab0a") // to the guest; nobody sees it
	ownHop    = netip.MustParseAddr("fe80::5571:ab0b") // the same for the lab's own packets
	broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// Change changes the addresses of the pod and of passt. The addresses seen stay; flows
// end. The caller must not forward a frame during the call.
func (p *Plane) Change(change func(*Config)) error {
	was := p.cfg.PodLL
	change(&p.cfg)
	if now := p.cfg.PodLL; now != was {
		if err := errors.Join(p.listen(now), p.pod.RemoveAddress("lo", netip.PrefixFrom(within(outside, was), 128))); err != nil {
			return err
		}
	}
	if p.table != nil {
		p.conn.DelTable(p.table)
	}
	return errors.Join(p.neighbours(), p.install())
}

// Stop ends the translation until Change, as when passt has ended: nothing of the guest
// leaves, and the pod keeps what arrives for it.
func (p *Plane) Stop() error {
	if p.table == nil {
		return nil
	}
	p.conn.DelTable(p.table)
	p.table = nil
	if err := p.conn.Flush(); err != nil {
		return fmt.Errorf("remove nftables rules in %s: %w", p.pod.NS.Name(), err)
	}
	return nil
}

// listen gives the pod the address that stands for its link-local one.
func (p *Plane) listen(podLL netip.Addr) error {
	return p.pod.AddAddress("lo", netip.PrefixFrom(within(outside, podLL), 128))
}

// Close closes the plane's sockets. The rules end with the namespace.
func (p *Plane) Close() error { return errors.Join(p.in.Close(), p.conn.CloseLasting()) }

// Follow sends new inbound flows from global sources to seen, and those from link-local
// sources to ll, all to the MAC guest. A zero ll means that none is known.
func (p *Plane) Follow(guest net.HardwareAddr, seen, ll netip.Addr) error {
	if !bytes.Equal(p.guest, guest) {
		if err := p.pod.SetNeighbour(p.cfg.Tap, hop, guest); err != nil {
			return err
		}
		p.guest = slices.Clone(guest)
	}
	if p.isSeen == seen && p.isLL == ll {
		return nil
	}
	p.isSeen, p.isLL = seen, ll
	for _, s := range p.variables() {
		p.conn.FlushSet(s.Set)
		if err := p.conn.SetAddElements(s.Set, s.elements); err != nil {
			return fmt.Errorf("set %s in %s: %w", s.Name, p.pod.NS.Name(), err)
		}
	}
	if err := p.conn.Flush(); err != nil {
		return fmt.Errorf("set the guest's address in %s: %w", p.pod.NS.Name(), err)
	}
	return nil
}

type contents struct {
	*nftables.Set
	elements []nftables.SetElement
}

// variables returns the sets that depend on the addresses seen.
func (p *Plane) variables() []contents {
	value := func(a netip.Addr) []nftables.SetElement {
		if !a.IsValid() {
			return nil
		}
		return []nftables.SetElement{{Key: []byte{unix.NFPROTO_IPV6}, Val: a.AsSlice()}}
	}
	own := []nftables.SetElement{{Key: p.cfg.Lease.AsSlice()}}
	if p.isSeen != p.cfg.Lease {
		own = append(own, nftables.SetElement{Key: p.isSeen.AsSlice()})
	}
	return []contents{{p.seen, value(p.isSeen)}, {p.ll, value(p.isLL)}, {p.own, own}}
}

func (p *Plane) install() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("install nftables rules in %s: %w", p.pod.NS.Name(), err)
		}
	}()
	p.table = p.conn.AddTable(&nftables.Table{Name: "passt", Family: nftables.TableFamilyIPv6})
	if err := p.sets(); err != nil {
		return err
	}
	p.dstNAT = p.chain("dstnat", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, prioDstNAT)
	p.srcNAT = p.chain("srcnat", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, prioSrcNAT)
	p.linkLocals()
	p.refuse()
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
	address, port := nftables.TypeIP6Addr, nftables.MustConcatSetType(nftables.TypeInetProto, nftables.TypeInetService)
	p.seen = &nftables.Set{Name: "seen", IsMap: true, KeyType: nftables.TypeNFProto, DataType: address}
	p.ll = &nftables.Set{Name: "ll_seen", IsMap: true, KeyType: nftables.TypeNFProto, DataType: address}
	p.own = &nftables.Set{Name: "own", KeyType: address}
	p.ports = &nftables.Set{Name: "ports", Concatenation: true, KeyType: port, Interval: true}
	p.cone = &nftables.Set{
		Name: "cone", Concatenation: true, KeyType: port,
		Dynamic: true, Size: coneSize, HasTimeout: true, Timeout: coneTimeout,
	}
	p.served = &nftables.Set{
		Name: "served", IsMap: true, Concatenation: true, DataType: address,
		KeyType: nftables.MustConcatSetType(address, nftables.TypeInetService, nftables.TypeInetService),
		Dynamic: true, Size: coneSize, HasTimeout: true, Timeout: servedTimeout,
	}
	p.refused = &nftables.Set{
		Name: "refused", KeyType: nftables.SetDatatype{Name: "connection", Bytes: connectionLen},
		Dynamic: true, Size: coneSize, HasTimeout: true, Timeout: refusedTimeout,
	}
	forwarded := append(portElements(unix.IPPROTO_TCP, p.cfg.TCP), portElements(unix.IPPROTO_UDP, p.cfg.UDP)...)
	for i, s := range append(p.variables(), contents{p.ports, forwarded}, contents{p.cone, nil}, contents{p.refused, nil}, contents{p.served, nil}) {
		// The library's own counter of sets is not safe for use by several goroutines.
		s.Table, s.ID = p.table, uint32(i+1)
		if err := p.conn.AddSet(s.Set, s.elements); err != nil {
			return err
		}
	}
	return nil
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

// addresses returns the pod's addresses without the link-local one.
func (p *Plane) addresses() []netip.Addr { return append([]netip.Addr{p.cfg.Address}, p.cfg.Others...) }

// chain adds a base chain to the table that was added last.
func (p *Plane) chain(name string, typ nftables.ChainType, hook *nftables.ChainHook, prio nftables.ChainPriority) *nftables.Chain {
	return p.conn.AddChain(&nftables.Chain{Table: p.table, Name: name, Type: typ, Hooknum: hook, Priority: &prio})
}
