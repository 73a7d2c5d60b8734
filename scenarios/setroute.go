package scenarios

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
)

// SetRoute sets a route of the guest's main table by hand, or removes routes. A reboot
// removes it, and so does the end of its link.
type SetRoute struct {
	// Prefix is the destination; "::/0" is the default route.
	Prefix netip.Prefix `yaml:"prefix" required:"true" bare:"true" is:"subnet"`
	// Via is the next hop. Default: none, the destination is on the link.
	Via netip.Addr `yaml:"via" is:"router"`
	// Source is the preferred source: the address of programs that bind none, such as
	// selectors that dial. The truth table does not depend on it, because the lab binds
	// each candidate. It is an origin or an address, which the guest has to have.
	Source Target `yaml:"source"`
	// Metric of the route; the lowest wins. Default: 1024, as for the kernel's own
	// default routes.
	Metric int `yaml:"metric,omitempty" minimum:"1" maximum:"2147483647"`
	// Interface is the link. Default: eth0; to remove routes, all.
	Interface string `yaml:"interface,omitempty"`
	// Remove removes all routes to the prefix, by hand or not, that have the other
	// parameters that are given.
	Remove bool `yaml:"remove,omitempty"`
}

// RouteMetric is the metric of a route that names none (IP6_RT_PRIO_USER).
const RouteMetric = 1024

func (e *SetRoute) check(c at) {
	if e.Prefix.Addr().Is4() {
		c.fault("prefix", "an IPv6 prefix", "correct the value", "%s is an IPv4 prefix", e.Prefix)
	}
	if e.Interface != "" {
		c.hasInterface("interface", e.Interface)
	}
}

func (e *SetRoute) Play(ctx context.Context, lab Lab) error {
	r := GuestRoute{e.Prefix, e.Via, netip.Addr{}, e.Metric, e.Interface}
	if e.Source != (Target{}) {
		as, err := there(lab, "source", e.Source)
		if err != nil {
			return err
		}
		r.Source = as[0].Addr()
	}
	if !e.Remove {
		r.Metric, r.Interface = cmp.Or(r.Metric, RouteMetric), cmp.Or(r.Interface, "eth0")
	}
	has, err := lab.Routes()
	if err != nil {
		return err
	}
	if e.Remove {
		return r.remove(lab, has)
	}
	// The kernel refuses a second one.
	if slices.ContainsFunc(has, func(is GuestRoute) bool { return is.Prefix == r.Prefix && is.Metric == r.Metric }) {
		return never("metric", "a metric of its own", "give another metric, or remove the other route before",
			"the guest has a route to %s with the metric %d", r.Prefix, r.Metric)
	}
	return lab.AddRoute(r)
}

// GuestRoute is a route of the guest's main table. Zero values stand for any.
type GuestRoute struct {
	Prefix      netip.Prefix
	Via, Source netip.Addr
	Metric      int
	Interface   string
}

func (r GuestRoute) names(is GuestRoute) bool {
	return r.Prefix == is.Prefix && (!r.Via.IsValid() || r.Via == is.Via) && (!r.Source.IsValid() || r.Source == is.Source) &&
		(r.Metric == 0 || r.Metric == is.Metric) && (r.Interface == "" || r.Interface == is.Interface)
}

func (r GuestRoute) remove(lab Lab, has []GuestRoute) error {
	has = slices.DeleteFunc(has, func(is GuestRoute) bool { return !r.names(is) })
	if len(has) == 0 {
		return never("", "a route that the guest has at that point", "correct the parameters, or add what brings it before", "the guest has no such route to %s", r.Prefix)
	}
	for _, is := range has {
		if err := lab.RemoveRoute(is); err != nil {
			return err
		}
	}
	return nil
}
