package limits

import (
	"encoding/binary"
	"sync"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Attributes of a neighbour table (linux/neighbour.h).
const (
	ndtaName    = 1
	ndtaThresh3 = 4
	ndtaConfig  = 5
	ndtaStats   = 7
)

// Neighbours is the limit of IPv6 neighbours in all network namespaces of the machine
// together. If the table is full, the kernel drops used entries of multicast addresses
// and of neighbours that have not answered.
func Neighbours() (Limit, bool) {
	baseline()
	t, ok := neighbours()
	return t.Limit, ok
}

// Overflows returns how often the table of Neighbours was full since the machine's start.
func Overflows() uint64 { t, _ := neighbours(); return t.fulls }

type table struct {
	Limit
	fulls uint64 // how often the table was full
}

func neighbours() (t table, ok bool) {
	c, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return t, false
	}
	defer c.Close()
	const ndtmsg = 4 // family and padding
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETNEIGHTBL, Flags: netlink.Request | netlink.Dump},
		Data:   []byte{unix.AF_INET6, 0, 0, 0},
	})
	if err != nil {
		return t, false
	}
	for _, m := range replies {
		if len(m.Data) < ndtmsg || m.Data[0] != unix.AF_INET6 {
			continue
		}
		d, err := netlink.NewAttributeDecoder(m.Data[ndtmsg:])
		if err != nil {
			continue
		}
		name := ""
		for d.Next() {
			switch b := d.Bytes(); {
			case d.Type() == ndtaName:
				name = d.String()
			case d.Type() == ndtaThresh3 && len(b) == 4:
				t.Max = int(binary.NativeEndian.Uint32(b))
			case d.Type() == ndtaConfig && len(b) >= 8: // struct ndt_config
				t.Used = int(binary.NativeEndian.Uint32(b[4:]))
			case d.Type() == ndtaStats && len(b) >= 88: // struct ndt_stats
				t.fulls = binary.NativeEndian.Uint64(b[80:])
			}
		}
		// One message describes the table, others describe its devices.
		if name == "ndisc_cache" && t.Max > 0 {
			t.Name = "IPv6 neighbours of the whole machine (sysctl net.ipv6.neigh.default.gc_thresh3)"
			t.Remedy = "raise it, or have fewer labs up at once (--parallel)"
			return t, true
		}
	}
	return t, false
}

// baseline is the number of overflows when this process first asked.
var baseline = sync.OnceValue(Overflows)

// overflowed reports whether the table has been full since baseline.
func overflowed() bool { return Overflows() > baseline() }
