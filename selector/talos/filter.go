package talos

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/subnet"
)

// filter is one entry of a subnet filter list: a CIDR, or "!CIDR". An address is a
// CIDR of full length.
type filter struct {
	prefix netip.Prefix
	not    bool
}

func (f filter) String() string {
	if f.not {
		return "!" + f.prefix.String()
	}
	return f.prefix.String()
}

// filters is a subnet filter list. In the order of the list, a CIDR adds the addresses
// that lie in it, and !CIDR takes them away again. So the last match decides, the order
// of the list goes before that of the addresses, and !CIDR alone lets nothing through.
type filters []filter

func parseFilters(key string, entries []string) (filters, error) {
	var fs filters
	for _, s := range entries {
		p, not, ok := subnet.ParseFilter(s)
		if !ok {
			return nil, fmt.Errorf("parse %s entry %q: neither CIDR nor !CIDR, such as ::/0 or !fd01:cafe::/64", key, s)
		}
		fs = append(fs, filter{p, not})
	}
	return fs, nil
}

// exclude returns the list with the prefixes excluded at its end.
func (fs filters) exclude(prefixes ...netip.Prefix) filters {
	fs = slices.Clone(fs)
	for _, p := range prefixes {
		fs = append(fs, filter{p, true})
	}
	return fs
}

// apply returns the addresses that get through, each once and with its filter.
func (fs filters) apply(as []candidate) []candidate {
	var in []candidate
	has := map[netip.Addr]bool{}
	for _, f := range fs {
		if f.not {
			in = slices.DeleteFunc(in, func(a candidate) bool { return f.prefix.Contains(a.Prefix.Addr()) })
			maps.DeleteFunc(has, func(a netip.Addr, _ bool) bool { return f.prefix.Contains(a) })
			continue
		}
		for _, a := range as {
			if ip := a.Prefix.Addr(); f.prefix.Contains(ip) && !has[ip] {
				has[ip] = true
				a.filter = f.String()
				in = append(in, a)
			}
		}
	}
	return in
}
