package sim

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
)

// forever is the infinite lifetime (RFC 4861 4.6.2).
const forever = math.MaxUint32 * time.Second

// advertisement is the frame of a router beside passt. It has no source
// link-layer address option: who wants to send to the router has to solicit
// it, and passt answers for every address there is.
func advertisement(r scenarios.Router, mac scenarios.MAC) ([]byte, error) {
	ra, err := frame.Neighbour(mac.HardwareAddr(),
		net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, // 33:33 and the last four octets of the group (RFC 2464 7)
		r.LinkLocal, netip.IPv6LinkLocalAllNodes(),
		&ndp.RouterAdvertisement{
			CurrentHopLimit: 64,
			RouterLifetime:  time.Duration(r.Lifetime) * time.Second,
			Options: []ndp.Option{&ndp.PrefixInformation{
				PrefixLength:                   uint8(r.Prefix.Bits()),
				OnLink:                         true,
				AutonomousAddressConfiguration: true,
				ValidLifetime:                  forever,
				PreferredLifetime:              forever,
				Prefix:                         r.Prefix.Masked().Addr(),
			}},
		})
	if err != nil {
		return nil, fmt.Errorf("advertise %s: %w", r.Prefix, err)
	}
	return ra, nil
}
