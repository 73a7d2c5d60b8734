package run

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/sim/probe"
)

// describe returns the measurement of a candidate:
// "slaac fd01:…/64: out ok (seen as fd01:…557f), in EHOSTUNREACH".
func describe(r probe.Row) string {
	return fmt.Sprintf("%s, in %s%s", out(r), r.In, before(r))
}

func out(r probe.Row) string {
	seen := ""
	if r.OutSource.IsValid() && r.OutSource != r.Address.Addr() {
		seen = fmt.Sprintf(" (seen as %s)", short(r.OutSource))
	}
	why := ""
	if r.NoDefaultRoute && !r.Out.OK() {
		why = " (no default route)"
	}
	return fmt.Sprintf("%s: out %s%s%s", title(r), r.Out, why, seen)
}

// before says what did not come in before the guest had sent to a new passt.
func before(r probe.Row) string {
	if (r.InFirst == probe.Result{}) || r.InFirst.OK() {
		return ""
	}
	return fmt.Sprintf(", before the guest has sent %s", r.InFirst)
}

// title names a row: "slaac fd01:…/64".
func title(r probe.Row) string { return fmt.Sprintf("%s %s", r.Origin, r.Address) }

// remarks returns what a candidate cannot do although it works in both directions.
func remarks(table probe.Table, r probe.Row) []string {
	if !r.Bidirectional() {
		return nil
	}
	var out []string
	if !r.InBound.OK() {
		out = append(out, fmt.Sprintf("a server bound to %s alone is not reached: %s", short(r.Address.Addr()), r.InBound))
	}
	for _, other := range table {
		after, ok := r.InBoundAfter[other.Address.Addr()]
		if ok && r.InBound.OK() && !after.OK() {
			out = append(out, fmt.Sprintf("a server bound to %s alone is not reached once the guest has sent from %s %s: %s",
				short(r.Address.Addr()), other.Origin, short(other.Address.Addr()), after))
		}
	}
	return out
}

// short abbreviates a long address to its first and last group.
func short(a netip.Addr) string {
	s := a.String()
	groups := strings.Split(s, ":")
	if len(s) <= 16 || len(groups) < 3 {
		return s
	}
	return groups[0] + ":…" + groups[len(groups)-1]
}

// kind describes an address that is no candidate of the guest.
func kind(a netip.Addr) string {
	switch zone := a.Zone(); {
	case !a.IsValid():
		return "no valid address"
	case a.Is4() || a.Is4In6():
		return "an IPv4 address"
	case a.IsLoopback():
		return "the loopback address"
	case a.IsUnspecified():
		return "the unspecified address"
	case a.IsLinkLocalUnicast():
		return "a link-local address"
	case a.IsMulticast():
		return "a multicast address"
	case zone != "":
		return "an address with a zone, which means nothing to others"
	}
	return "foreign, no address of the guest"
}
