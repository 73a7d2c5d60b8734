package link

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// crowded is how long Send waits before it calls send again.
const crowded = 50 * time.Millisecond

// ErrCrowded says that all namespaces together have too many neighbours.
var ErrCrowded = errors.New("the machine has no room for another IPv6 neighbour (net.ipv6.neigh.default.gc_thresh3)")

// Send calls send, which sends a packet, again and again while the kernel has no room
// for another neighbour. All namespaces of a machine share that room. The kernel then
// returns EINVAL and sends nothing; it makes room within seconds. If the kernel drops
// the packet without an error, send returns ErrCrowded.
func Send(ctx context.Context, send func() error) error {
	for {
		err := send()
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, ErrCrowded) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(crowded):
		}
	}
}
