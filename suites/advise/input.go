package advise

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
)

type Input struct {
	Pod                        netip.Addr     // the pod's address, which passt leases
	MAC                        scenarios.MAC  // the guest's link-layer address
	Prefix                     netip.Prefix   // the /64 in which the guest forms its SLAAC address
	PodSubnets, ServiceSubnets []netip.Prefix // of the guest's cluster
}

// ErrInput is wrapped by all errors of Parse.
var ErrInput = errors.New("unusable input")

// Parse reads a pod address, with or without prefix length, a MAC, and a prefix. An
// empty prefix means the pod address's /64, which passt advertises.
func Parse(pod, mac, prefix string) (in Input, err error) {
	if in.Pod, err = parsePod(pod); err != nil {
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
	if in.SLAAC() == in.Pod {
		return Input{}, fmt.Errorf("%w: pod address %s: SLAAC makes the same address of MAC %s, so there is nothing to choose", ErrInput, in.Pod, in.MAC)
	}
	return in, nil
}

func parsePod(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if p, perr := netip.ParsePrefix(s); err != nil && perr == nil {
		a, err = p.Addr(), nil
	}
	switch {
	case err != nil:
		return a, errors.New("no IPv6 address such as fd01:cafe::1")
	case a.Is4In6():
		return a, errors.New("an IPv4-mapped address; want the pod's IPv6 address")
	case !a.Is6():
		return a, errors.New("an IPv4 address; want the pod's IPv6 address")
	case a.Zone() != "":
		return a, fmt.Errorf("it has the zone %s; want a global address, which has none", a.Zone())
	case a.IsMulticast():
		return a, errors.New("a multicast address; want a unicast one")
	case a.IsLinkLocalUnicast():
		return a, errors.New("a link-local address; want the one that others reach the pod by")
	case a.As16()[0] == 0:
		return a, errors.New("in ::/8, which is reserved (RFC 4291 2.4); want the pod's own address")
	case netip.PrefixFrom(a, 64).Masked().Addr() == a:
		return a, errors.New("the subnet-router anycast address of its /64 (RFC 4291 2.6.1); want the pod's own")
	}
	return a, nil
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

// SLAAC returns the address that the guest's kernel forms: the prefix and the
// modified EUI-64 of the MAC (RFC 4291 appendix A).
func (in Input) SLAAC() netip.Addr { return eui64.Address(in.Prefix, in.MAC) }

// foreign reports whether passt does not advertise the SLAAC prefix.
func (in Input) foreign() bool { return !in.Prefix.Contains(in.Pod) }
