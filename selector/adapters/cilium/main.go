// Command cilium picks the first IPv6 address in the order of Cilium's
// NodeAddress table. It reads the addresses from the observation: Cilium keeps the same
// few fields of what it reads from the kernel, and no flags.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/cilium/cilium/pkg/datapath/tables"
	"github.com/passtlab/passtlab/selector/adapters/protocol"
)

// observation has the fields that the adapter reads.
type observation struct {
	Interface string
	Addresses []struct {
		Address netip.Prefix
		Link    string
		Scope   string
		Flags   []string
	}
}

// scopes are rtnetlink's numbers (linux/rtnetlink.h).
var scopes = map[string]tables.RouteScope{"global": 0, "site": 200, "link": 253, "host": 254}

func main() { protocol.Main(pick) }

func pick(r io.Reader) (protocol.Answer, error) {
	var o observation
	if err := json.NewDecoder(r).Decode(&o); err != nil {
		return protocol.Answer{}, fmt.Errorf("read observation: %w", err)
	}
	var as []tables.DeviceAddress
	for _, a := range o.Addresses {
		scope, known := scopes[a.Scope]
		if a.Link != o.Interface || !a.Address.Addr().Is6() || !known {
			continue
		}
		as = append(as, tables.DeviceAddress{
			Addr:  a.Address.Addr(),
			Scope: scope,
			// Cilium reads IFA_F_SECONDARY, which for IPv6 means temporary.
			Secondary: slices.Contains(a.Flags, "temporary"),
		})
	}
	if len(as) == 0 {
		return protocol.None("no address on " + o.Interface)
	}
	return protocol.Pick(tables.SortedAddresses(as)[0].Addr.String(), "first in the order of the NodeAddress table")
}
