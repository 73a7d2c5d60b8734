package advise

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// filtered is the configuration with the subnet filters of the patch. A patch appends to
// the lists that are there.
func (in Input) filtered() selector.Config {
	c := in.Config
	c.ValidSubnets = slices.Concat(c.ValidSubnets, in.validSubnets())
	c.AdvertisedSubnets = slices.Concat(c.AdvertisedSubnets, in.advertisedSubnets())
	return c
}

// validSubnets returns what the patch adds to kubelet's subnet filter: all addresses of
// the families that the service subnets have, as in kubelet's default, without the SLAAC
// address. The last match wins, and exclusions alone let nothing through. If the SLAAC
// address cannot be predicted, it is the pods' range instead.
func (in Input) validSubnets() []string {
	list := []string{"::/0"}
	if in.AddrGen != EUI64 {
		list = []string{in.Pods.String()}
	}
	if slices.ContainsFunc(in.Config.ServiceSubnets, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
		list = append(list, "0.0.0.0/0")
	}
	return in.add(in.Config.ValidSubnets, list)
}

// advertisedSubnets returns the same for etcd: the pods' range without the SLAAC
// address. All addresses that pass are advertised, so ::/0 would let those of SideroLink
// and KubeSpan through.
func (in Input) advertisedSubnets() []string {
	return in.add(in.Config.AdvertisedSubnets, []string{in.Pods.String()})
}

// add returns what to add to a filter list so that it lets the entries through, but not
// the SLAAC address. To a list that is there it adds as little as possible, since what
// comes later undoes exclusions.
func (in Input) add(there, entries []string) []string {
	if len(there) > 0 && in.AddrGen == EUI64 {
		entries = nil
	}
	lets := func(e string) bool {
		p, err := netip.ParsePrefix(e)
		return err == nil && p.Contains(in.SLAAC())
	}
	if in.AddrGen == EUI64 && (len(there) > 0 || slices.ContainsFunc(entries, lets)) {
		entries = append(entries, fmt.Sprintf("!%s/128", in.SLAAC()))
	}
	return slices.DeleteFunc(entries, func(e string) bool { return slices.Contains(there, e) })
}

// narrow is how much longer than the SLAAC prefix the pods' range has to be, so that no
// SLAAC address is likely to lie in it.
const narrow = 32

// apart returns why no subnet filter tells the two addresses apart, if so.
func (in Input) apart() string {
	if in.AddrGen == EUI64 || !in.Pods.Overlaps(in.Prefix) || in.Pods.Bits() >= in.Prefix.Bits()+narrow {
		return ""
	}
	return fmt.Sprintf("no filter tells the two addresses apart: the SLAAC address lies somewhere in %s, and the pod's address in %s; "+
		"if pods get theirs from a narrower range, give the pod address with its prefix length, %d or longer",
		in.Prefix, in.Pods, in.Prefix.Bits()+narrow)
}
