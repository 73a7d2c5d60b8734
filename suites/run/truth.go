package run

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/probe"
)

// truth is a truth table as a role has it.
type truth struct {
	probe.Table
	listens scenarios.Listener
}

func (s *session) truth(cp checkpoint, role scenarios.Role) truth {
	return truth{cp.table, s.sc.Listener(role)}
}

func (t truth) works(r probe.Row) bool { return r.Works(t.listens) }

// worked reports whether the address a is a candidate that works.
func (t truth) worked(a netip.Addr) bool {
	row, ok := t.Row(a)
	return ok && t.works(row)
}

// describe returns the measurement of a candidate, as far as it decides:
// "slaac fd01:…/64: out ok (seen as fd01:…557f), in EHOSTUNREACH". Where a server has to be
// bound: "dhcpv6 fd01:…/128: out ok, in to a server bound to it ok, but after the guest has
// sent from slaac fd01:…c7bd ECONNREFUSED". Where ports are named: "…, in at 2379/tcp ok, …".
func (t truth) describe(r probe.Row) string {
	if t.listens.Default() {
		return describe(r)
	}
	to := "in"
	if t.listens.Bound() {
		to = "in to a server bound to it"
	}
	said := out(r) + before(r)
	if len(t.listens.Ports) == 0 {
		return said + fmt.Sprintf(", %s %s", to, r.InBound) + t.after(func(from netip.Addr) (string, bool) {
			res, ok := r.InBoundAfter[from]
			return res.String(), ok && !res.OK() && r.InBound.OK()
		})
	}
	for _, p := range t.listens.Ports {
		port := r.Ports[p]
		said += fmt.Sprintf(", %s at %s %s", to, p, port.In) + t.after(func(from netip.Addr) (string, bool) {
			o, ok := port.After[from]
			return string(o), ok && o != probe.OK && port.In == probe.OK
		})
	}
	return said
}

// after says from which candidates the guest has sent when a bound server was not reached
// any more.
func (t truth) after(deaf func(from netip.Addr) (string, bool)) string {
	var said []string
	for _, from := range t.Table {
		if o, is := deaf(from.Address.Addr()); is {
			said = append(said, fmt.Sprintf("from %s %s %s", from.Origin, short(from.Address.Addr()), o))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return ", but after the guest has sent " + strings.Join(said, ", ")
}

// remarks returns what a candidate cannot do although it works.
func (t truth) remarks(r probe.Row) []string {
	if !t.listens.Default() {
		return nil // all that can be measured has decided
	}
	return remarks(t.Table, r)
}
