package scenarios

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/internal/near"

	"github.com/passtlab/passtlab/internal/strict"
)

// silent reports whether passt answers no router solicitation.
func (w *walk) silent() bool { return w.Passt.NoRA || w.Passt.NoNDP || w.Passt.NoICMP }

// ra has a router advertisement arrive.
func (w *walk) ra(path string, r *RA) {
	ok := w.connected(path, EventRA)
	var own []netip.Prefix
	autonomous := true
	if w.fromPasst(r) {
		if *w.Pod.IPv6 {
			own = []netip.Prefix{slash64(w.leases)}
		}
		autonomous = *w.Passt.Autonomous
		if w.silent() {
			own = nil
			if !reflect.ValueOf(*r).IsZero() {
				ok = false
				w.never(path, EventRA, "passt to advertise", "remove noRA, noNDP and noICMP, or name another router by from", "passt is told to send none")
			}
		}
	} else {
		i := slices.IndexFunc(w.Routers, func(o Router) bool { return o.LinkLocal == r.From })
		if i < 0 {
			w.doubt = true
			var all []string
			for _, o := range w.Routers {
				all = append(all, o.LinkLocal.String())
			}
			w.Report(strict.Join(path, "from"), w.Place(strict.Join(path, "from")), Fault{Problem: fmt.Sprintf("no router is called %s", r.From),
				Expected: "the linkLocal of one of routers, or " + w.passtLinkLocal().String() + ", passt's", Near: near.Word(r.From.String(), all), Next: "add the router, or correct the address"})
			return
		}
		own = []netip.Prefix{w.Routers[i].Prefix}
	}
	if r.Withdrawn {
		for _, key := range []string{"lifetime", "preferred"} {
			if _, given := w.Places[strict.Join(path, key)]; given {
				w.fault(strict.Join(path, key), "withdrawn, or lifetime and preferred", "remove one of them", "withdrawn says that it is 0")
			}
		}
	}
	if r.MTU != nil && *r.MTU > 0 && *r.MTU < 1280 {
		w.fault(strict.Join(path, "mtu"), "1280 to 65535, or 0 for no MTU option", "correct the value", "%d is too little for IPv6 (RFC 8200 5)", *r.MTU)
	}
	for i, o := range r.Routes {
		if o.Prefix.Addr().Is4() {
			w.fault(fmt.Sprintf("%s.routes[%d].prefix", path, i), "an IPv6 prefix", "correct the value", "%s is an IPv4 prefix", o.Prefix)
		}
	}
	ok = w.lifetimes(path, r.Valid, r.Preferred, "a prefix option like that is ignored (RFC 4862 5.5.3 c)") && ok
	w.acceptRA = cmp.Or(w.acceptRA, On)
	if !ok || w.acceptRA == Off {
		return
	}
	if r.Autonomous != nil {
		autonomous = *r.Autonomous
	}
	if len(r.Prefixes) > 0 {
		own = r.Prefixes
	}
	if !autonomous {
		return
	}
	valid := r.Valid.Seconds(endless)
	preferred := r.Preferred.Seconds(valid)
	if r.Withdrawn {
		preferred = 0
	}
	for _, p := range own {
		w.form(p, valid, preferred, r.Tentative)
	}
}

// form takes a prefix option for SLAAC.
func (w *walk) form(p netip.Prefix, valid, preferred uint32, tentative bool) {
	w.formed = true
	w.advertised(p, w.Scenario, valid, preferred, tentative, func(a netip.Addr) bool { return w.contested(a, OriginSLAAC) })
}

// router has the advertisements of all routers beside passt arrive.
func (w *walk) router(path string) {
	if len(w.Routers) == 0 {
		w.never(path, EventRouter, "routers to be given", "add routers, or remove the event", "there is none beside passt")
		return
	}
	if !w.connected(path, EventRouter) {
		return
	}
	if w.acceptRA = cmp.Or(w.acceptRA, On); w.acceptRA == On {
		for _, r := range w.Routers {
			w.form(r.Prefix, endless, endless, false)
		}
	}
}

// solicit is what a kernel that takes advertisements does when its link is up
// again: passt answers, other routers do not. Whether a kernel whose link has
// its carrier again does so is not known here.
func (w *walk) solicit(maybe bool) {
	p := slash64(w.leases)
	if w.acceptRA != On || !w.carrier || !*w.Pod.IPv6 || !*w.Passt.Autonomous || w.silent() ||
		maybe && w.find(eui64.Address(p, w.Guest.MAC)) != nil {
		return
	}
	before := len(w.held)
	w.form(p, endless, endless, false)
	for i := before; i < len(w.held); i++ {
		w.held[i].maybe = maybe
	}
}
