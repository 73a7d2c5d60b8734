package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

// RA makes a router advertisement arrive (RFC 4861 4.2). Without parameters the guest
// solicits passt's own, or those of all routers where there is no passt (RFC 4861 6.3.7).
// With parameters the router sends it unasked, with these values, and with its own for the
// others.
type RA struct {
	// From is the link-local address of one of the routers. Default: passt's, or that of
	// the first router.
	From netip.Addr `yaml:"from" is:"linklocal"`
	// Withdrawn stands for lifetime 0 and preferred 0.
	Withdrawn bool `yaml:"withdrawn,omitempty"`
	// Lifetime is the router lifetime in seconds.
	Lifetime *int `yaml:"lifetime,omitempty" minimum:"0" maximum:"65535"`
	// Preference is the default router preference (RFC 4191 2.2).
	Preference Preference `yaml:"preference,omitempty"`
	// Managed is the M flag.
	Managed *bool `yaml:"managed,omitempty"`
	// Other is the O flag.
	Other *bool `yaml:"other,omitempty"`
	// MTU is the link's (RFC 4861 4.6.4), or 0 for no such option.
	MTU *int `yaml:"mtu,omitempty" minimum:"0" maximum:"65535"`
	// Prefixes replace the router's own.
	Prefixes []netip.Prefix `yaml:"prefixes,omitempty" nonempty:"true" is:"advertised"`
	// Valid is the valid lifetime of all prefixes.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime of all prefixes. Default: that router's own,
	// at most Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
	// Autonomous is the A flag of all prefixes.
	Autonomous *bool `yaml:"autonomous,omitempty"`
	// OnLink is the L flag of all prefixes.
	OnLink *bool `yaml:"onLink,omitempty"`
	// Routes are route information options (RFC 4191 2.3).
	Routes []Route `yaml:"routes,omitempty"`
	// Tentative leaves the new addresses in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

// Route is a route information option (RFC 4191 2.3).
type Route struct {
	// Prefix is the destination.
	Prefix netip.Prefix `yaml:"prefix" required:"true" is:"subnet"`
	// Lifetime of the route. Default: infinite.
	Lifetime Lifetime `yaml:"lifetime,omitempty"`
	// Preference of the route. Default: medium.
	Preference Preference `yaml:"preference,omitempty"`
}

func (r *RA) check(c at) {
	from := func(o Router) bool { return o.LinkLocal == r.From }
	switch p := c.Passt; {
	case len(c.Routers) == 0 && !c.BehindPasst():
		c.never("", "a router on the link", "add routers, or remove the event", "nobody advertises where network is %s and the file has no router", c.Network)
	case !c.BehindPasst() && !r.From.IsValid():
	case !c.fromPasst(r) && !slices.ContainsFunc(c.Routers, from):
		var all []string
		for _, o := range c.Routers {
			all = append(all, o.LinkLocal.String())
		}
		key := strict.Join(c.path, "from")
		c.Report(key, Fault{Problem: fmt.Sprintf("no router is called %s", r.From),
			Expected: c.linkLocals(),
			Near:     near.Word(r.From.String(), all), Next: "add the router, or correct the address"})
	case c.fromPasst(r) && !(Event{Action: r}).Plain() && (p.NoRA || p.NoNDP || p.NoICMP):
		c.never("", "passt to advertise", "remove noRA, noNDP and noICMP, or name another router by from", "an option forbids passt to send any")
	}
	for _, key := range []string{"lifetime", "preferred"} {
		if r.Withdrawn && c.given(key) {
			c.fault(key, "withdrawn, or lifetime and preferred", "remove one of them", "withdrawn sets it to 0")
		}
	}
	if r.MTU != nil && *r.MTU > 0 && *r.MTU < 1280 {
		c.fault("mtu", "1280 to 65535, or 0 for no MTU option", "correct the value", "%d is too little for IPv6 (RFC 8200 5)", *r.MTU)
	}
	for i, p := range r.Prefixes {
		c.length(fmt.Sprintf("%s.prefixes[%d]", c.path, i), p, r.Autonomous != nil)
	}
	for i, o := range r.Routes {
		if o.Prefix.Addr().Is4() {
			c.fault(fmt.Sprintf("routes[%d].prefix", i), "an IPv6 prefix", "correct the value", "%s is an IPv4 prefix", o.Prefix)
		}
	}
	c.lifetimes(r.Valid, r.Preferred, "a prefix option like that is ignored (RFC 4862 5.5.3 c)")
}

// linkLocals describes the routers that from can name.
func (a at) linkLocals() string {
	if !a.BehindPasst() {
		return "the linkLocal of one of routers"
	}
	return "the linkLocal of one of routers, or " + a.passtLinkLocal().String() + ", passt's"
}

// lifetimes refuses a preferred lifetime that is longer than the valid one.
func (a at) lifetimes(valid, preferred Lifetime, so string) {
	if valid != "" && preferred != "" && preferred.Seconds(0) > valid.Seconds(0) {
		a.fault("preferred", "at most "+string(valid)+", the valid lifetime", "correct one of them", "is longer than valid: %s", so)
	}
}

func (r *RA) Play(ctx context.Context, lab Lab) error {
	if err := connected(lab, ""); err != nil {
		return err
	}
	if (Event{Action: r}).Plain() {
		return lab.Solicit(ctx)
	}
	return lab.Advertise(ctx, *r)
}
