package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/spf13/cobra"
)

type configFlags struct {
	pods, services, valid, advertised, vips []string
}

func (f *configFlags) add(c *cobra.Command) {
	f.addSubnets(c)
	fs := c.Flags()
	fs.StringArrayVar(&f.valid, "valid-subnet", nil, "kubelet's subnet filter: a `CIDR` or an address, or '!CIDR' to exclude; may be repeated, the order matters")
	fs.StringArrayVar(&f.advertised, "advertised-subnet", nil, "etcd's subnet filter: a `CIDR` or an address, or '!CIDR' to exclude; may be repeated, the order matters")
	fs.StringArrayVar(&f.vips, "vip", nil, "a virtual `ADDRESS` of the configuration; may be repeated")
}

func (f *configFlags) addSubnets(c *cobra.Command) {
	fs := c.Flags()
	fs.StringArrayVar(&f.pods, "pod-subnet", nil, "a pod subnet of the node's cluster, or of the node itself, as `CIDR`; may be repeated")
	fs.StringArrayVar(&f.services, "service-subnet", nil, "a service subnet of the node's cluster, as `CIDR`; may be repeated")
}

// set sets in c the fields whose flags have a value.
func (f *configFlags) set(c *selector.Config) error {
	return errors.Join(
		replace("--pod-subnet", &c.PodSubnets, f.pods, parseSubnet),
		replace("--service-subnet", &c.ServiceSubnets, f.services, parseSubnet),
		replace("--valid-subnet", &c.ValidSubnets, f.valid, parseFilter),
		replace("--advertised-subnet", &c.AdvertisedSubnets, f.advertised, parseFilter),
		replace("--vip", &c.VIPs, f.vips, netip.ParseAddr),
	)
}

// replace replaces a list by values, if there are any.
func replace[T any](flag string, there *[]T, values []string, parse func(string) (T, error)) error {
	if len(values) > 0 {
		*there = nil
	}
	for _, v := range values {
		t, err := parse(v)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		*there = append(*there, t)
	}
	return nil
}

func parseSubnet(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is no CIDR such as fd00:96::/112", s)
	}
	return p.Masked(), nil
}

func parseFilter(s string) (string, error) {
	f, err := scenarios.ParseFilter(s)
	return string(f), err
}
