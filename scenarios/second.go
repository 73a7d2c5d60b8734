package scenarios

import "net/netip"

// Second is another guest, behind a passt of its own in another pod of the same cluster
// network. It replaces the peer: the lab measures between the two guests. It has a
// SLAAC address and a lease before the first event.
type Second struct {
	// Address is its pod's address, with the prefix length of the interface.
	Address netip.Prefix `yaml:"address" required:"true" is:"host"`
	// MAC is the address of its eth0. Default: 02:00:00:00:03:01.
	MAC MAC `yaml:"mac,omitempty"`
}
