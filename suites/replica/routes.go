package replica

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim/link"
)

// addRoutes makes the routes of the main table those that are wanted. If the observation
// does not say its routes, it leaves those that the kernel has made.
func (r *Replica) addRoutes(ctx context.Context) error {
	got, err := observe.Read(r.NS)
	if err != nil {
		return err
	}
	missing := r.wantedRoutes()
	for _, x := range got.Routes {
		if i := slices.Index(missing, x); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		} else if !r.want.Unknown.Has(selector.FactRoutes) {
			if err := r.net.RemoveRoute(r.route(x)); err != nil {
				return err
			}
		}
	}
	// A gateway has to be on the link.
	slices.SortStableFunc(missing, func(a, b selector.Route) int { return hops(a) - hops(b) })
	for _, x := range append(missing, r.want.four...) {
		err := r.addRoute(ctx, x)
		if no, refused := errors.AsType[unix.Errno](err); refused && slices.Contains(unroutable, no) {
			r.differs("The kernel refuses the route to %s (%v): a program that goes by routes may take another address.", describe(x), no)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// unroutable are the errors of a route that the kernel finds wrong.
var unroutable = []unix.Errno{unix.EINVAL, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EEXIST, unix.ENODEV}

// addRoute adds a route as the kernel has it. It makes those of router advertisements of
// such, since it would join two of a program to one with two next hops.
func (r *Replica) addRoute(ctx context.Context, x selector.Route) error {
	l, _ := r.want.Link(x.Link)
	learnt := x.Protocol == "ra" && x.Metric == 1024 && x.Gateway.IsLinkLocalUnicast() && !x.Source.IsValid()
	if !learnt || r.wanted(x.Gateway) || !r.isVeth(l) || !r.isUp(l) {
		return r.net.AppendRoute(r.route(x))
	}
	return r.accepting(x.Link, func() error {
		if err := r.net.Set(link.Sysctl{Key: "ipv6/conf/" + x.Link + "/accept_ra_rt_info_max_plen", Value: "128"}); err != nil {
			return err
		}
		if err := r.advertise(x.Link, x.Gateway, advertisement(x)); err != nil {
			return err
		}
		return r.net.Await(ctx, "the route to "+describe(x), func() (bool, string, error) {
			rs, err := r.net.Routes()
			return slices.Contains(rs, r.route(x)), fmt.Sprint(rs), err
		})
	})
}

// advertisement returns one of which the kernel makes a route.
func advertisement(x selector.Route) *ndp.RouterAdvertisement {
	if x.Destination.Bits() == 0 {
		return &ndp.RouterAdvertisement{RouterLifetime: math.MaxUint16 * time.Second}
	}
	return &ndp.RouterAdvertisement{Options: []ndp.Option{&ndp.RouteInformation{
		PrefixLength: uint8(x.Destination.Bits()), Prefix: x.Destination.Addr(), RouteLifetime: ndp.Infinity,
	}}}
}

func hops(x selector.Route) int {
	if x.Gateway.IsValid() {
		return 1
	}
	return 0
}

func (r *Replica) route(x selector.Route) link.Route {
	l, _ := r.want.Link(x.Link)
	return link.Route{Prefix: x.Destination, Link: l.Index, Gateway: x.Gateway, Source: x.Source, Metric: x.Metric, Protocol: int(observe.RouteProtocol(x.Protocol))}
}

// wantedRoutes returns the IPv6 routes that the namespace should have.
func (r *Replica) wantedRoutes() []selector.Route {
	rs := slices.Clone(r.want.Routes)
	for i := range rs {
		rs[i].Source = r.standIn(rs[i].Source)
	}
	return rs
}

func describe(x selector.Route) string {
	s := x.Destination.String()
	if x.Gateway.IsValid() {
		s += " via " + x.Gateway.String()
	}
	return fmt.Sprintf("%s dev %s proto %s metric %d", s, x.Link, x.Protocol, x.Metric)
}
