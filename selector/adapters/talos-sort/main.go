// Command talos-sort orders addresses by the comparator of Talos for the algorithm that
// is its first argument, and picks the first one.
//
// It sorts what NodeAddressController sorts: the addresses by resource id, first link by
// link, then those of links that are up as one list. Role node gets the first address
// of the first link, the others that of the list. Filters by subnet are not the sort's
// business: where the configuration could take an address away, talos-sort does not
// answer for a role.
//
// With a second argument, "lists", each line of standard input is an observation, and
// each line of the output the whole list in its order, without filters and roles.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/passtlab/passtlab/selector/adapters/protocol"
	"github.com/siderolabs/talos/internal/app/machined/pkg/controllers/network/internal/addressutil"
	"github.com/siderolabs/talos/pkg/machinery/nethelpers"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
)

// observation has the fields that the adapter reads.
type observation struct {
	Role  string
	Links []struct {
		Name string
		Up   bool
	}
	Addresses []struct {
		Address netip.Prefix
		Link    string
		Scope   string
	}
	Config struct {
		PodSubnets, ServiceSubnets, Exclusions []netip.Prefix
		ValidSubnets, AdvertisedSubnets        []string
		VIPs                                   []netip.Addr
	}
}

func main() {
	if len(os.Args) == 3 && os.Args[2] == "lists" {
		if err := lists(os.Stdin, os.Stdout, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	protocol.Main(pick)
}

func pick(r io.Reader) (protocol.Answer, error) {
	var o observation
	if err := json.NewDecoder(r).Decode(&o); err != nil {
		return protocol.Answer{}, fmt.Errorf("read observation: %w", err)
	}
	if len(os.Args) != 2 {
		return protocol.Answer{}, errors.New("want one argument, the algorithm")
	}
	first, list, err := sorted(o, os.Args[1])
	if err != nil {
		return protocol.Answer{}, err
	}
	if o.Role == "node" {
		list = first
	}
	if why := filtered(o, list); why != "" {
		return protocol.Answer{}, fmt.Errorf("%s: the sort alone does not say what is left: %w", why, protocol.ErrUnsupported)
	}
	if len(list) == 0 {
		return protocol.None("no address to sort")
	}
	return protocol.Pick(list[0].Addr().String(), "first by "+os.Args[1])
}

// lists answers one observation a line.
func lists(in io.Reader, out io.Writer, algorithm string) error {
	w := bufio.NewWriter(out)
	d, e := json.NewDecoder(in), json.NewEncoder(w)
	for {
		var o observation
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return w.Flush()
		} else if err != nil {
			return fmt.Errorf("read observation: %w", err)
		}
		_, list, err := sorted(o, algorithm)
		if err == nil {
			err = e.Encode(list)
		}
		if err != nil {
			return err
		}
	}
}

// sorted returns the addresses link by link, and those of links that are up in one
// order.
func sorted(o observation, algorithm string) (byLink, list []netip.Prefix, err error) {
	a, err := nethelpers.AddressSortAlgorithmString(algorithm)
	if err != nil {
		return nil, nil, err
	}
	compare := addressutil.CompareByAlgorithm(a)
	var statuses []*network.AddressStatus
	for _, a := range o.Addresses {
		if ip := a.Address.Addr(); a.Scope != "global" && a.Scope != "site" || ip.IsLoopback() || ip.IsMulticast() || ip.IsLinkLocalUnicast() {
			continue
		}
		s := network.NewAddressStatus(network.NamespaceName, network.AddressID(a.Link, a.Address))
		s.TypedSpec().Address, s.TypedSpec().LinkName = a.Address, a.Link
		statuses = append(statuses, s)
	}
	slices.SortFunc(statuses, func(a, b *network.AddressStatus) int { return cmp.Compare(a.Metadata().ID(), b.Metadata().ID()) })
	slices.SortFunc(statuses, addressutil.CompareAddressStatuses(compare))
	list = []netip.Prefix{}
	for _, s := range statuses {
		byLink = append(byLink, s.TypedSpec().Address)
		if up(o, s.TypedSpec().LinkName) && network.NotSideroLinkIP(s.TypedSpec().Address.Addr()) {
			list = append(list, s.TypedSpec().Address)
		}
	}
	slices.SortFunc(list, compare)
	return byLink, addressutil.DeduplicateIPPrefixes(list), nil
}

func up(o observation, link string) bool {
	for _, l := range o.Links {
		if l.Name == link {
			return l.Up
		}
	}
	return true // an observation from a file has no links
}

// filtered says which part of the configuration could take an address away from the
// role, or returns "".
func filtered(o observation, list []netip.Prefix) string {
	if o.Role == "node" {
		return ""
	}
	switch c := o.Config; {
	case o.Role == "kubelet" && len(c.ValidSubnets) > 0:
		return "validSubnets"
	case o.Role == "etcd" && len(c.AdvertisedSubnets) > 0:
		return "advertisedSubnets"
	case o.Role == "kubelet" && len(c.ServiceSubnets) > 0 && !slices.ContainsFunc(c.ServiceSubnets, func(p netip.Prefix) bool { return p.Addr().Is6() }):
		return "serviceSubnets without IPv6"
	case slices.ContainsFunc(list, func(p netip.Prefix) bool { return slices.Contains(c.VIPs, p.Addr()) }):
		return "vips"
	}
	for _, f := range []struct {
		name    string
		subnets []netip.Prefix
	}{{"podSubnets", o.Config.PodSubnets}, {"serviceSubnets", o.Config.ServiceSubnets}, {"exclusions", o.Config.Exclusions}} {
		for _, s := range f.subnets {
			if slices.ContainsFunc(list, func(p netip.Prefix) bool { return s.Contains(p.Addr()) }) {
				return f.name
			}
		}
	}
	return ""
}
