package replica

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/link"
)

var (
	routerMAC   = net.HardwareAddr{0x02, 0, 0, 0, 0x0b, 0x01}
	router      = netip.MustParseAddr("fe80::ff:fe00:b01") // of prefixes, without routes
	allNodesMAC = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1} // RFC 2464 7
)

// prolong has a router advertisement give an address infinite lifetimes. The address keeps
// all else: the kernel forms the same address with the token, and finds that it is there.
func (r *Replica) prolong(ctx context.Context, a selector.Address) error {
	return r.advertised(ctx, a, "the router advertisement to prolong "+a.Prefix.String(), func(as []link.Address) bool {
		return slices.ContainsFunc(as, func(b link.Address) bool { return b.Prefix == a.Prefix && b.Valid == link.Forever })
	})
}

// advertised has a router advertise the prefix of a, so that the kernel forms a, and waits
// until done is true of the addresses of the link. The token stays; without advertisements
// it does nothing.
func (r *Replica) advertised(ctx context.Context, a selector.Address, what string, done func([]link.Address) bool) error {
	return r.accepting(a.Link, func() error {
		if err := r.net.SetToken(a.Link, a.Prefix.Addr()); err != nil {
			return err
		}
		if err := r.advertise(a.Link, router, &ndp.RouterAdvertisement{Options: []ndp.Option{&ndp.PrefixInformation{
			PrefixLength:                   64,
			AutonomousAddressConfiguration: true,
			ValidLifetime:                  ndp.Infinity,
			PreferredLifetime:              time.Duration(a.PreferredLifetime) * time.Second,
			Prefix:                         netip.PrefixFrom(a.Prefix.Addr(), 64).Masked().Addr(),
		}}}); err != nil {
			return err
		}
		return r.awaitAddresses(ctx, a.Link, what, done)
	})
}

// accepting calls f while the kernel takes router advertisements on a link.
func (r *Replica) accepting(name string, f func() error) error {
	accept := link.Sysctl{Key: "ipv6/conf/" + name + "/accept_ra", Value: "1"}
	if err := r.net.Set(accept); err != nil {
		return err
	}
	err := f()
	accept.Value = "0"
	return errors.Join(err, r.net.Set(accept))
}

// advertise sends a router advertisement to a link.
func (r *Replica) advertise(name string, from netip.Addr, ra *ndp.RouterAdvertisement) error {
	conn, err := r.beside.ListenPacket(r.other(name).Name, 0)
	if err != nil {
		return err
	}
	defer conn.Close()
	f, err := frame.Neighbour(routerMAC, allNodesMAC, from, netip.IPv6LinkLocalAllNodes(), ra)
	if err != nil {
		return err
	}
	_, err = conn.WriteTo(f, &packet.Addr{HardwareAddr: allNodesMAC})
	return err
}
