package wire

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/passtlab/passtlab/sim/passt"
)

// configure returns the configuration of a passt in the pod of the recordings that was
// started with these options, written as for the real program.
func configure(rel passt.Release, options []string) (passt.Config, error) {
	c := Pod(rel)
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&c.NoRA, "no-ra", false, "")
	f.BoolVar(&c.NoNDP, "no-ndp", false, "")
	f.BoolVar(&c.NoDHCPv6, "no-dhcpv6", false, "")
	f.BoolVar(&c.NoMapGW, "no-map-gw", false, "")
	f.BoolVar(&c.NoICMP, "no-icmp", false, "")
	f.StringVar(&c.FQDN, "fqdn", "", "")
	f.TextVar(&c.Gateway, "g", c.Gateway, "")
	f.Func("a", "", func(s string) (err error) {
		a, err := netip.ParseAddr(s)
		c.Address, c.AddressGiven = netip.PrefixFrom(a, 64), true
		return err
	})
	f.Func("M", "", func(s string) (err error) {
		c.MAC, err = net.ParseMAC(s)
		return err
	})
	f.Func("m", "", func(s string) error {
		if s == "0" {
			c.MTU = passt.NoMTU
			return nil
		}
		_, err := fmt.Sscan(s, &c.MTU)
		return err
	})
	f.Func("D", "", func(s string) error {
		c.Nameservers = nil
		if s == "none" {
			return nil
		}
		a, err := netip.ParseAddr(s)
		c.Nameservers = []netip.Addr{a}
		return err
	})
	f.Func("S", "", func(s string) error {
		c.Searches = []string{s}
		if s == "none" {
			c.Searches = nil
		}
		return nil
	})
	err := f.Parse(options)
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("%q is no option", f.Arg(0))
	}
	if err != nil {
		return c, fmt.Errorf("options: %w", err)
	}
	return c, nil
}
