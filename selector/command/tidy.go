package command

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

// crowdedNeighbours is how many neighbours a program may leave in a guest. The kernel
// keeps 1024 for all namespaces of the machine (gc_thresh3), failed ones for a minute,
// and then has no room for those of labs.
const crowdedNeighbours = 64

// tidy removes the neighbours of a guest if a program left too many. The kernel
// resolves those again that it needs.
func tidy(guest selector.Namespace) error {
	var h *netlink.Handle
	var all []netlink.Neigh
	err := guest.Do(func() (err error) { h, err = netlink.NewHandle(unix.NETLINK_ROUTE); return err })
	if err == nil {
		defer h.Close()
		all, err = h.NeighList(0, netlink.FAMILY_ALL)
	}
	if err != nil {
		return fmt.Errorf("list neighbours: %w", err)
	}
	const kept = netlink.NUD_PERMANENT | netlink.NUD_NOARP
	for _, n := range all {
		if len(all) > crowdedNeighbours && n.State&kept == 0 {
			_ = h.NeighDel(&n) // the kernel may have removed it
		}
	}
	return nil
}
