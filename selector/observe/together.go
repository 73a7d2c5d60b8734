package observe

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// together puts together what files have, by node.
func together(files []found) ([]Saved, error) {
	var nodes []Saved
	var all found
	for _, f := range files {
		for _, s := range slices.Concat(f.nodes, merged(f.lists)) {
			s.file = f.name
			s.Lacks = append(s.Lacks, f.lost...)
			nodes = append(nodes, s)
		}
		all.routes = append(all.routes, f.routes...)
		all.objects = append(all.objects, f.objects...)
	}
	if len(nodes) == 0 {
		return nil, nothing(files)
	}
	addRoutesOf(nodes, all.routes)
	addObjects(nodes, all.objects)
	name(nodes, len(files) > 1)
	for i := range nodes {
		o := &nodes[i].Observation
		if nodes[i].Format != FormatObservation {
			o.Source = nodes[i].Format.Words()
			if o.Interface = mainLink(*o); !o.Unknown.Has(selector.FactRoutes) {
				o.Interface = mainInterface(*o)
			}
		}
	}
	return nodes, nil
}

// nothing says what files have that have no list of addresses.
func nothing(files []found) error {
	for _, f := range files {
		if len(f.objects) > 0 {
			return placed(f.name, f.objects[0].answer())
		}
	}
	for _, f := range files {
		if len(f.aside) > 0 {
			return placed(f.name, f.aside[0])
		}
	}
	for _, f := range files {
		if len(f.routes) > 0 {
			return placed(f.name, poorOf(shapeRoutes).fault(f.routes[0].line))
		}
	}
	return fault(1, known, "no file")
}

// merged makes nodes of lists. Lists of one machine that complete each other become one:
// those of ip -4 and ip -6, or those of several links.
func merged(lists []list) []Saved {
	var whole []list
	for _, l := range lists {
		if i := slices.IndexFunc(whole, func(w list) bool { return w.host == l.host && w.covers(l) }); i >= 0 {
			continue
		}
		if i := slices.IndexFunc(whole, func(w list) bool { return w.host == l.host && l.covers(w) }); i >= 0 {
			whole[i] = l
			continue
		}
		i := slices.IndexFunc(whole, func(w list) bool { return w.host == l.host && w.completes(l) })
		if i < 0 {
			whole = append(whole, l)
			continue
		}
		whole[i].merge(l)
	}
	var nodes []Saved
	for _, l := range whole {
		as := l.Observation.Addresses
		// One dump of the kernel has IPv4 first.
		slices.SortStableFunc(as, func(a, b selector.Address) int { return a.Prefix.Addr().BitLen() - b.Prefix.Addr().BitLen() })
		l.Saved.Node = l.host
		if l.Saved.Node == "" && len(whole) > 1 {
			l.Saved.Node = l.title
		}
		l.Saved.line = l.line
		nodes = append(nodes, l.Saved)
	}
	return nodes
}

// covers reports whether a list has all that another one has, which is of the same
// machine: what the other one says of its links and families is the same here.
func (l list) covers(m list) bool {
	o, p := l.Observation, m.Observation
	if len(o.Unknown) > len(p.Unknown) {
		return false
	}
	anywhere := p.Unknown.Has(selector.FactLinkOf)
	mine := slices.DeleteFunc(slices.Clone(o.Addresses), func(a selector.Address) bool {
		_, ok := p.Link(a.Link)
		return !ok && !anywhere || p.Unknown.Has(selector.FactIPv4) && a.Prefix.Addr().Is4() || p.Unknown.Has(selector.FactIPv6) && a.Prefix.Addr().Is6()
	})
	key := func(a selector.Address) selector.Address {
		b := selector.Address{Prefix: a.Prefix, Link: a.Link, Flags: a.Flags}
		if anywhere {
			b.Link = ""
		}
		switch {
		case p.Unknown.Has(selector.FactFlags):
			b.Flags = 0
		case p.Unknown.Has(selector.FactHighFlags):
			b.Flags &= selector.FlagMngTmpAddr - 1
		}
		return b
	}
	sorted := func(as []selector.Address) []selector.Address {
		var keys []selector.Address
		for _, a := range as {
			keys = append(keys, key(a))
		}
		slices.SortStableFunc(keys, func(a, b selector.Address) int {
			if p.Unknown.Has(selector.FactOrder) {
				return cmp.Or(a.Prefix.Compare(b.Prefix), strings.Compare(a.Link, b.Link))
			}
			return a.Prefix.Addr().BitLen() - b.Prefix.Addr().BitLen()
		})
		return keys
	}
	if anywhere { // grep may have left something out
		all := sorted(mine)
		return !slices.ContainsFunc(sorted(p.Addresses), func(a selector.Address) bool { return !slices.Contains(all, a) })
	}
	return slices.Equal(sorted(mine), sorted(p.Addresses))
}

// completes reports whether two lists may be of one machine at one time: neither has
// addresses of a link and a family that the other one has, and no index has two names.
func (l list) completes(m list) bool {
	type half struct {
		link string
		six  bool
	}
	of := func(a selector.Address) half { return half{a.Link, a.Prefix.Addr().Is6()} }
	if l.Observation.Unknown.Has(selector.FactLinkOf) || m.Observation.Unknown.Has(selector.FactLinkOf) {
		of = func(a selector.Address) half { return half{"", a.Prefix.Addr().Is6()} } // any link
	}
	has := map[half]bool{}
	for _, a := range l.Observation.Addresses {
		has[of(a)] = true
	}
	for _, a := range m.Observation.Addresses {
		if has[of(a)] {
			return false
		}
	}
	for _, a := range l.Observation.Links {
		for _, b := range m.Observation.Links {
			if a.Index == b.Index && a.Name != b.Name && a.Index != 0 {
				return false
			}
		}
	}
	return true
}

// merge adds another list of the machine.
func (l *list) merge(m list) {
	o, p := &l.Observation, m.Observation
	both := o.Unknown.Of(p.Unknown.Of(selector.FactIPv4, selector.FactIPv6)...)
	o.Unknown = o.Unknown.With(p.Unknown...).Without(selector.FactIPv4, selector.FactIPv6, selector.FactRest).With(both...)
	for _, x := range p.Links {
		i := slices.IndexFunc(o.Links, func(y selector.Link) bool { return x.Name == y.Name })
		if i < 0 {
			o.Links = append(o.Links, x)
		} else if o.Links[i].MAC == "" {
			o.Links[i] = x
		}
	}
	o.Addresses = append(o.Addresses, p.Addresses...)
	l.Lacks = append(l.Lacks, m.Lacks...)
	l.lack(!l.hasLoopback(), selector.FactRest)
	if o.Unknown.Has(selector.FactIndexes) {
		return
	}
	slices.SortStableFunc(o.Links, func(a, b selector.Link) int { return a.Index - b.Index })
	index := map[string]int{}
	for _, x := range o.Links {
		index[x.Name] = x.Index
	}
	slices.SortStableFunc(o.Addresses, func(a, b selector.Address) int { return index[a.Link] - index[b.Link] })
}

// addRoutesOf gives every node its routes. Those that name no machine belong to the only
// node.
func addRoutesOf(nodes []Saved, all []routes) {
	for _, rs := range all {
		for i := range nodes {
			o := &nodes[i].Observation
			if len(rs.routes) > 0 && o.Unknown.Has(selector.FactRoutes) && (len(nodes) == 1 || rs.host != "" && rs.host == nodes[i].Node) {
				o.Routes = rs.routes
				o.Unknown = o.Unknown.Without(selector.FactRoutes)
			}
		}
	}
}

// addObjects gives every node its Node object.
func addObjects(nodes []Saved, objects []Object) {
	for i := range nodes {
		s := &nodes[i]
		j := slices.IndexFunc(objects, func(o Object) bool { return o.isOf(*s) })
		if j < 0 && len(nodes) == 1 && len(objects) == 1 {
			j = 0
		}
		switch {
		case j >= 0:
			s.Object = &objects[j]
			s.Node = cmp.Or(s.Node, objects[j].Name)
		case len(objects) > 0:
			var names []string
			for _, o := range objects {
				names = append(names, o.Name)
			}
			s.Lacks = append(s.Lacks, "what Kubernetes says of it: it has no address of Node "+strings.Join(names, ", "))
		}
	}
}

// name gives each of several nodes a name of its own.
func name(nodes []Saved, files bool) {
	if len(nodes) == 1 {
		return
	}
	seen := map[string]int{}
	for _, s := range nodes {
		seen[s.Node]++
	}
	for i := range nodes {
		s := &nodes[i]
		if s.Node != "" && seen[s.Node] == 1 {
			continue
		}
		place := fmt.Sprintf("line %d", s.line)
		if files {
			place = fmt.Sprintf("%s:%d", filepath.Base(s.file), s.line)
		}
		s.Node = strings.TrimSpace(s.Node + " " + place)
		for n := 2; seen[s.Node] > 0; n++ {
			s.Node = fmt.Sprintf("%s, list %d", s.Node, n)
		}
		seen[s.Node]++
	}
}
