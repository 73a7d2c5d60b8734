package sim

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/passt"
)

func (l stage) Advertise(ctx context.Context, e scenarios.RA) error {
	if err := l.firstRA(); err != nil {
		return err
	}
	passts := l.passt.Router()
	ra := guest.Advertisement{From: cmp.Or(e.From, passts), Tentative: e.Tentative}
	if err := l.gone(); ra.From == passts && err != nil {
		return err
	}
	i := slices.IndexFunc(l.scenario.Routers, func(r scenarios.Router) bool { return r.LinkLocal == ra.From })
	var f []byte
	var err error
	switch {
	case i >= 0:
		ra.RouterAdvertisement = routerRA(l.scenario.Routers[i])
		say(ra.RouterAdvertisement, e)
		f, err = l.routerFrame(i, ra.RouterAdvertisement)
	case ra.From == passts:
		l.passt.Ask(func(engine *passt.Engine) {
			ra.RouterAdvertisement = engine.RA()
			say(ra.RouterAdvertisement, e)
			f = engine.Advertise(netip.IPv6LinkLocalAllNodes(), engine.GuestMAC(), ra.RouterAdvertisement)
		})
	default:
		return fmt.Errorf("there is no router %s", ra.From)
	}
	if err != nil {
		return err
	}
	inject := func() error { return l.passt.Inject(f) }
	if l.client == nil || !l.client.RA || i < 0 {
		return l.guest.Advertise(ctx, ra, inject)
	}
	// The client takes the advertisement, at a time of its own.
	if err := inject(); err != nil {
		return err
	}
	for _, a := range advertisedBy(l.scenario.Routers[i]) {
		if err := l.guest.AwaitRA(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// advertisedBy returns the results of a router's advertisement.
func advertisedBy(r scenarios.Router) (as []guest.Advertised) {
	if lasts(r) > 0 {
		as = append(as, guest.Advertised{Router: r.LinkLocal})
	}
	for _, p := range r.All() {
		if p.SLAAC() {
			as = append(as, guest.Advertised{Prefix: p.Prefix.Masked()})
		}
	}
	return as
}

// lasts returns the router lifetime in seconds.
func lasts(r scenarios.Router) int {
	if r.Lifetime == nil {
		return 0
	}
	return *r.Lifetime
}

// firstRA makes the kernel take router advertisements, unless an event has set this or a
// client takes them.
func (l stage) firstRA() error {
	if l.acceptSaid || l.client != nil && l.client.RA {
		return nil
	}
	return l.guest.SetAcceptRA(scenarios.AcceptOn)
}

func (l stage) SetAcceptRA(v scenarios.Accept) error {
	l.acceptSaid = true
	return l.guest.SetAcceptRA(v)
}

func (l stage) Solicit(ctx context.Context) error {
	if err := l.firstRA(); err != nil {
		return err
	}
	if !l.scenario.BehindPasst() {
		// One by one, so that the kernel forms addresses in the order of the file.
		for _, r := range l.scenario.Routers {
			if err := l.Advertise(ctx, scenarios.RA{From: r.LinkLocal}); err != nil {
				return err
			}
		}
		return nil
	}
	ra, comes := l.solicited()
	if comes {
		return l.guest.Advertise(ctx, ra, nil)
	}
	if err := l.guest.Solicit(); err != nil {
		return err
	}
	// passt will not answer. Wait until it has the solicitation.
	return l.passt.Solicited(ctx)
}

// solicited returns the answer to a router solicitation, if one comes. Of several routers
// it is that of the last one, with the options of all.
func (l stage) solicited() (ra guest.Advertisement, comes bool) {
	ra.From = l.passt.Router()
	if !l.scenario.BehindPasst() {
		var options []ndp.Option
		for _, r := range l.scenario.Routers {
			ra.From, ra.RouterAdvertisement, comes = r.LinkLocal, routerRA(r), true
			options = append(options, ra.Options...)
			ra.Options = options
		}
		return ra, comes
	}
	l.passt.Ask(func(e *passt.Engine) { ra.RouterAdvertisement, comes = e.RA(), e.Advertises() })
	return ra, comes
}

// routerRA returns the advertisement of a router of the scenario.
func routerRA(r scenarios.Router) *ndp.RouterAdvertisement {
	ra := &ndp.RouterAdvertisement{
		CurrentHopLimit: 64, RouterLifetime: time.Duration(lasts(r)) * time.Second,
		RouterSelectionPreference: preference(r.Preference),
		ManagedConfiguration:      r.Managed, OtherConfiguration: r.Other,
	}
	for _, p := range r.All() {
		o := &ndp.PrefixInformation{
			PrefixLength:                   uint8(p.Prefix.Bits()),
			OnLink:                         true,
			AutonomousAddressConfiguration: true,
			ValidLifetime:                  lifetime(p.Valid, ndp.Infinity),
			PreferredLifetime:              lifetime(p.Preferred, ndp.Infinity),
			Prefix:                         p.Prefix.Masked().Addr(),
		}
		set(&o.OnLink, p.OnLink)
		set(&o.AutonomousAddressConfiguration, p.Autonomous)
		ra.Options = append(ra.Options, o)
	}
	return ra
}

// routerFrame returns the frame of the i-th router. It has no source link-layer address
// option: the guest has to solicit the router. passt answers for every address; elsewhere
// the gateway has the routers' addresses.
func (l *Lab) routerFrame(i int, ra *ndp.RouterAdvertisement) ([]byte, error) {
	from, mac := l.scenario.Routers[i].LinkLocal, routerMAC
	mac[5] = byte(i + 1)
	if !l.scenario.BehindPasst() {
		mac = edgeMAC
	}
	f, err := frame.Neighbour(mac.HardwareAddr(), allNodesMAC, from, netip.IPv6LinkLocalAllNodes(), ra)
	if err != nil {
		return nil, fmt.Errorf("advertise router %s: %w", from, err)
	}
	return f, nil
}

// allNodesMAC is 33:33 and the last four octets of the group (RFC 2464 7).
var allNodesMAC = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}

// say sets the parameters of an event in an advertisement.
func say(ra *ndp.RouterAdvertisement, e scenarios.RA) {
	if e.Withdrawn {
		ra.RouterLifetime = 0
	}
	if e.Lifetime != nil {
		ra.RouterLifetime = time.Duration(*e.Lifetime) * time.Second
	}
	if e.Preference != "" {
		ra.RouterSelectionPreference = preference(e.Preference)
	}
	set(&ra.ManagedConfiguration, e.Managed)
	set(&ra.OtherConfiguration, e.Other)
	var prefixes, rest []ndp.Option
	for _, o := range ra.Options {
		switch o := o.(type) {
		case *ndp.PrefixInformation:
			sayPrefix(o, e)
			prefixes = append(prefixes, o)
		case *ndp.MTU:
			if e.MTU == nil {
				rest = append(rest, o)
			}
		default:
			rest = append(rest, o)
		}
	}
	if len(e.Prefixes) > 0 {
		one := *prefixes[0].(*ndp.PrefixInformation)
		prefixes = nil
		for _, p := range e.Prefixes {
			o := one
			o.Prefix, o.PrefixLength = p.Masked().Addr(), uint8(p.Bits())
			prefixes = append(prefixes, &o)
		}
	}
	if e.MTU != nil && *e.MTU > 0 {
		rest = append(rest, ndp.NewMTU(uint32(*e.MTU)))
	}
	for _, r := range e.Routes {
		rest = append(rest, &ndp.RouteInformation{
			PrefixLength: uint8(r.Prefix.Bits()), Prefix: r.Prefix.Masked().Addr(),
			Preference: preference(r.Preference), RouteLifetime: lifetime(r.Lifetime, ndp.Infinity),
		})
	}
	ra.Options = append(prefixes, rest...)
}

func sayPrefix(o *ndp.PrefixInformation, e scenarios.RA) {
	o.ValidLifetime = lifetime(e.Valid, o.ValidLifetime)
	// Hosts ignore a prefix whose preferred lifetime is the longer one (RFC 4862 5.5.3 c).
	o.PreferredLifetime = lifetime(e.Preferred, min(o.PreferredLifetime, o.ValidLifetime))
	if e.Withdrawn {
		o.PreferredLifetime = 0
	}
	set(&o.AutonomousAddressConfiguration, e.Autonomous)
	set(&o.OnLink, e.OnLink)
}

func set(is, to *bool) {
	if to != nil {
		*is = *to
	}
}

func lifetime(l scenarios.Lifetime, otherwise time.Duration) time.Duration {
	return time.Duration(l.Seconds(uint32(otherwise/time.Second))) * time.Second
}

func preference(p scenarios.Preference) ndp.Preference {
	switch p {
	case scenarios.PreferenceHigh:
		return ndp.High
	case scenarios.PreferenceLow:
		return ndp.Low
	}
	return ndp.Medium
}
