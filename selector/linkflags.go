package selector

import (
	"encoding/json"
	"fmt"
)

// LinkFlags are the kernel's flags of a link (IFF_, netdevice(7)), without IFF_RUNNING,
// which `ip link` does not print either. In JSON they are a list of names.
type LinkFlags uint32

// The flags that decide about addresses.
const (
	LinkUp           LinkFlags = 1 << 0 // administratively
	LinkBroadcast    LinkFlags = 1 << 1
	LinkLoopback     LinkFlags = 1 << 3
	LinkPointToPoint LinkFlags = 1 << 4
	LinkRunning      LinkFlags = 1 << 6
	LinkNoARP        LinkFlags = 1 << 7 // without neighbour discovery
	LinkMulticast    LinkFlags = 1 << 12
	LinkLowerUp      LinkFlags = 1 << 16 // it has a carrier
)

// linkFlagNames are iproute2's, from the lowest bit on.
var linkFlagNames = []string{
	"UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING", "NOARP", "PROMISC", "ALLMULTI",
	"MASTER", "SLAVE", "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC", "LOWER_UP", "DORMANT", "ECHO",
}

// Has reports whether all of g are set in f.
func (f LinkFlags) Has(g LinkFlags) bool { return f&g == g }

// Names returns the names of the flags, never nil. It leaves out bits without a name.
func (f LinkFlags) Names() []string {
	names := []string{}
	for i, name := range linkFlagNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// ParseLinkFlags reads names as Names gives them. It ignores others: iproute2 prints
// NO-CARRIER and M-DOWN, which the kernel does not have.
func ParseLinkFlags(names []string) (f LinkFlags) {
	for i, name := range linkFlagNames {
		for _, s := range names {
			if s == name {
				f |= 1 << i
			}
		}
	}
	return f
}

func (f LinkFlags) MarshalJSON() ([]byte, error) { return json.Marshal(f.Names()) }

func (f *LinkFlags) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return fmt.Errorf("parse link flags: %w", err)
	}
	*f = ParseLinkFlags(names)
	return nil
}
