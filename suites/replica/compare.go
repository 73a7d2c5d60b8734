package replica

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// compare says what the namespace has otherwise than it should.
func (r *Replica) compare(got selector.Observation) []string {
	d := differences{known: r.want.Unknown, elapsed: time.Since(r.begun)}
	d.links(r.want.Links, got.Links)
	d.addresses(r.mapped(), got.Addresses)
	if !r.want.Unknown.Has(selector.FactRoutes) {
		d.routes(r.wantedRoutes(), got.Routes)
	}
	return d.all
}

// mapped returns the addresses that the namespace should have.
func (r *Replica) mapped() []selector.Address {
	as := slices.Clone(r.want.Addresses)
	for i, a := range as {
		as[i].Prefix = netip.PrefixFrom(r.standIn(a.Prefix.Addr()), a.Prefix.Bits())
	}
	return as
}

type differences struct {
	known   selector.Facts // that are unknown
	elapsed time.Duration
	all     []string
}

func (d *differences) add(format string, a ...any) { d.all = append(d.all, fmt.Sprintf(format, a...)) }

func (d *differences) links(want, got []selector.Link) {
	kinds := map[string][]string{}
	for _, w := range want {
		i := slices.IndexFunc(got, func(g selector.Link) bool { return g.Name == w.Name })
		if i < 0 {
			d.add("There is no link %s: programs miss its addresses.", w.Name)
			continue
		}
		g := got[i]
		tun := g.Type == "tuntap" && w.Type == "tun" // netlink's word and ip's
		if g.Type != w.Type && w.Type != "" && !tun && !d.known.Has(selector.FactLinkKinds) {
			kinds[g.Type] = append(kinds[g.Type], fmt.Sprintf("%s (%s)", w.Name, w.Type))
		}
		w.Type, g.Type = "", ""
		if w.Flags == 0 { // not known
			g.Flags = 0
		}
		if w != g {
			d.add("The link %s is %s, and should be %s: programs that go by links may answer otherwise.", w.Name, state(g), state(w))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		d.add("Of kind %s, which matters to programs that look for hardware or for a kind of link: %s.", kind, strings.Join(kinds[kind], ", "))
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w selector.Link) bool { return w.Name == g.Name }) {
			d.add("There is another link, %s, which this kernel puts into every namespace.", g.Name)
		}
	}
}

func state(l selector.Link) string {
	up := "not up"
	if l.Up {
		up = "up"
	}
	s := fmt.Sprintf("number %d, %s, %s, MTU %d", l.Index, up, l.MAC, l.MTU)
	if l.Flags != 0 {
		s += ", with the flags " + strings.Join(l.Flags.Names(), " ")
	}
	return s
}

func (d *differences) addresses(want, got []selector.Address) {
	for _, w := range want {
		i := slices.IndexFunc(got, func(g selector.Address) bool { return g.Prefix == w.Prefix && g.Link == w.Link })
		if i < 0 {
			d.add("There is no address %s on %s: a program that would take it takes another one.", w.Prefix, w.Link)
			continue
		}
		d.address(w, got[i])
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w selector.Address) bool { return g.Prefix == w.Prefix && g.Link == w.Link }) && !kept(g, want) {
			d.add("There is another address, %s on %s: a program may take it.", g.Prefix, g.Link)
		}
	}
	d.order(want, got)
}

func (d *differences) address(w, g selector.Address) {
	if w.Flags != g.Flags {
		d.add("%s has the flags %s, and should have %s: programs that go by these flags may answer otherwise.", w.Prefix, flags(g), flags(w))
	}
	if !d.same(w.ValidLifetime, g.ValidLifetime) || !d.same(w.PreferredLifetime, g.PreferredLifetime) {
		d.add("%s is valid for %s and preferred for %s, and should be for %s and %s: programs that go by lifetimes may answer otherwise.",
			w.Prefix, seconds(g.ValidLifetime), seconds(g.PreferredLifetime), seconds(w.ValidLifetime), seconds(w.PreferredLifetime))
	}
	if w.Scope != g.Scope {
		d.add("%s has the scope %s, and should have %s: programs that go by scopes may answer otherwise.", w.Prefix, g.Scope, w.Scope)
	}
	if w.Protocol != g.Protocol && !d.known.Has(selector.FactProtocols) {
		d.add("%s has the protocol %q, and should have %q: programs that ask where an address is from may answer otherwise.", w.Prefix, g.Protocol, w.Protocol)
	}
}

// same compares lifetimes: time passes.
func (d *differences) same(want, got uint32) bool {
	if want == selector.Forever || got == selector.Forever {
		return want == got
	}
	return got <= want && want-got <= uint32(d.elapsed/time.Second)+1
}

func flags(a selector.Address) string {
	if a.Flags == 0 {
		return "none"
	}
	return a.Flags.String()
}

func seconds(s uint32) string {
	if s == selector.Forever {
		return "ever"
	}
	return fmt.Sprintf("%d s", s)
}

// order compares the order of the addresses of each link and family. That of links is
// their index's.
func (d *differences) order(want, got []selector.Address) {
	type list struct {
		link string
		six  bool
	}
	orders := func(as, others []selector.Address) (all map[list][]string, names []list) {
		all = map[list][]string{}
		for _, a := range as {
			l := list{a.Link, a.Prefix.Addr().Is6()}
			if slices.ContainsFunc(others, func(b selector.Address) bool { return a.Prefix == b.Prefix && a.Link == b.Link }) {
				if all[l] == nil {
					names = append(names, l)
				}
				all[l] = append(all[l], a.Prefix.String())
			}
		}
		return all, names
	}
	ws, names := orders(want, got)
	gs, _ := orders(got, want)
	for _, l := range names {
		if !slices.Equal(ws[l], gs[l]) {
			d.add("The kernel lists the addresses of %s as %s, and should as %s: programs that go by the order may answer otherwise.",
				l.link, strings.Join(gs[l], ", "), strings.Join(ws[l], ", "))
		}
	}
}

func (d *differences) routes(want, got []selector.Route) {
	for _, w := range want {
		if !slices.Contains(got, w) {
			d.add("There is no route to %s: programs that go by routes may answer otherwise.", describe(w))
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			d.add("There is another route, to %s: programs that go by routes may answer otherwise.", describe(g))
		}
	}
	defaults := func(rs []selector.Route) []selector.Route {
		return slices.DeleteFunc(slices.Clone(rs), func(x selector.Route) bool { return x.Destination.Bits() > 0 })
	}
	if w, g := defaults(want), defaults(got); len(w) == len(g) && !slices.Equal(w, g) {
		d.add("The kernel lists the default routes in another order: programs that take the first one may answer otherwise.")
	}
}
