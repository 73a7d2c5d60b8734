package advise

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Input is a node to come.
type Input struct {
	Pod     netip.Addr   // the pod's address, which passt leases
	Pods    netip.Prefix // the range of the addresses that the pod can get
	MAC     scenarios.MAC
	Prefix  netip.Prefix // the /64 in which the guest forms its SLAAC address
	AddrGen AddrGen
	// Config has the subnets and VIPs of the guest's cluster. New fills in Talos'
	// defaults.
	Config selector.Config
	// Algorithm is the sort algorithm that the configuration sets; empty if none.
	Algorithm talos.Algorithm
	// KubeletNodeIP says that the configuration has machine.kubelet.nodeIP, beside which
	// Talos refuses the document KubeNodeConfig.
	KubeletNodeIP bool
	// DHCPv6 has the interfaces on which the configuration has DHCPv6 on.
	DHCPv6  []string
	Version Version // default: Newest

	low, high bool // what the SLAAC address is, if it cannot be predicted
}

// AddrGen is how the guest's kernel makes the interface identifier of its SLAAC address.
type AddrGen string

const (
	EUI64         AddrGen = "eui64"          // of the MAC (RFC 4291 appendix A); the default of the kernel and of Talos
	StablePrivacy AddrGen = "stable-privacy" // of a secret (RFC 7217)
)

// AddrGens returns all of them.
func AddrGens() []AddrGen { return []AddrGen{EUI64, StablePrivacy} }

// ErrInput is wrapped by all errors of Parse and ParseVersion.
var ErrInput = errors.New("unusable input")

// Parse reads a pod address, a MAC, and a prefix. The pod address may have the prefix
// length of the range that pods get their addresses from; default, also for 128: the
// /64. An empty prefix means the pod address's /64, which passt advertises.
func Parse(pod, mac, prefix string, gen AddrGen) (in Input, err error) {
	in = Input{AddrGen: gen, Version: Newest}
	if in.Pod, in.Pods, err = parsePod(pod); err != nil {
		return Input{}, fmt.Errorf("%w: pod address %s: %w", ErrInput, pod, err)
	}
	if in.MAC, err = scenarios.ParseMAC(mac); err != nil {
		return Input{}, fmt.Errorf("%w: %w; want six octets such as 52:54:00:1f:c7:bd", ErrInput, err)
	}
	if in.MAC == scenarios.PasstMAC {
		return Input{}, fmt.Errorf("%w: MAC %s is passt's own; the guest needs another", ErrInput, in.MAC)
	}
	in.Prefix = netip.PrefixFrom(in.Pod, 64).Masked()
	if prefix != "" {
		if in.Prefix, err = parsePrefix(prefix); err != nil {
			return Input{}, fmt.Errorf("%w: prefix %s: %w", ErrInput, prefix, err)
		}
	}
	if gen == EUI64 && in.SLAAC() == in.Pod {
		return Input{}, fmt.Errorf("%w: pod address %s: SLAAC makes the same address of MAC %s, so there is nothing to choose", ErrInput, in.Pod, in.MAC)
	}
	return in, nil
}

func parsePod(s string) (a netip.Addr, pods netip.Prefix, err error) {
	length := 64
	a, err = netip.ParseAddr(s)
	if p, perr := netip.ParsePrefix(s); err != nil && perr == nil {
		a, err = p.Addr(), nil
		if p.Bits() < 128 {
			length = p.Bits()
		}
	}
	switch {
	case err != nil:
		err = errors.New("no IPv6 address such as fd01:cafe::1")
	case a.Is4In6():
		err = errors.New("an IPv4-mapped address; want the pod's IPv6 address")
	case !a.Is6():
		err = errors.New("an IPv4 address; want the pod's IPv6 address")
	case a.Zone() != "":
		err = fmt.Errorf("it has the zone %s; want a global address, which has none", a.Zone())
	case a.IsMulticast():
		err = errors.New("a multicast address; want a unicast one")
	case a.IsLinkLocalUnicast():
		err = errors.New("a link-local address; want the one that others reach the pod by")
	case a.As16()[0] == 0:
		err = errors.New("in ::/8, which is reserved (RFC 4291 2.4); want the pod's own address")
	case netip.PrefixFrom(a, 64).Masked().Addr() == a:
		err = errors.New("the subnet-router anycast address of its /64 (RFC 4291 2.6.1); want the pod's own")
	case length < 8:
		err = fmt.Errorf("its prefix length is %d; want that of the range that pods get their addresses from", length)
	}
	return a, netip.PrefixFrom(a, length).Masked(), err
}

func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	a := p.Addr()
	switch {
	case err != nil:
		return p, errors.New("no prefix such as fd01:cafe::/64")
	case !a.Is6() || a.Is4In6():
		return p, errors.New("not IPv6")
	case p.Bits() != 64:
		return p, fmt.Errorf("its length is %d; SLAAC needs 64 (RFC 4862 5.5.3, RFC 2464 4)", p.Bits())
	case a.IsMulticast(), a.IsLinkLocalUnicast(), a.As16()[0] == 0:
		return p, errors.New("no prefix of global unicast addresses")
	}
	return p.Masked(), nil
}

// SLAAC returns the address that the guest's kernel forms, if it makes EUI-64 interface
// identifiers: the prefix and the modified EUI-64 of the MAC (RFC 4291 appendix A).
func (in Input) SLAAC() netip.Addr { return eui64.Address(in.Prefix, in.MAC) }

// foreign reports whether passt does not advertise the SLAAC prefix.
func (in Input) foreign() bool { return !in.Prefix.Contains(in.Pod) }

// guests returns the guests that stand for the node: one with its SLAAC address, or, if
// that cannot be predicted, one whose SLAAC address is as low as possible and one with a
// high one. Labs make EUI-64 interface identifiers, so these two are made of a MAC.
func (in Input) guests() []Input {
	if in.AddrGen == EUI64 {
		return []Input{in}
	}
	low, high := in, in
	low.low, high.high = true, true
	low.MAC, high.MAC = scenarios.MAC{0x02, 0, 0, 0, 0, 1}, scenarios.MAC{0xfc, 0xff, 0xff, 0xff, 0xff, 0xfe}
	if low.SLAAC() == in.Pod {
		low.MAC[5]++
	}
	if high.SLAAC() == in.Pod {
		high.MAC[5]--
	}
	return []Input{low, high}
}

// guest names the guest in the ids of scenarios and in predictions.
func (in Input) guest() string {
	switch {
	case in.low:
		return "low"
	case in.high:
		return "high"
	}
	return ""
}
