package selector

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Flags are the kernel's address flags (IFA_FLAGS, linux/if_addr.h). In JSON
// they are a list of names, those that `ip address` prints.
type Flags uint32

// The flags, with their values from linux/if_addr.h.
const (
	FlagTemporary     Flags = 0x01
	FlagNoDAD         Flags = 0x02
	FlagOptimistic    Flags = 0x04
	FlagDADFailed     Flags = 0x08
	FlagHomeAddress   Flags = 0x10
	FlagDeprecated    Flags = 0x20
	FlagTentative     Flags = 0x40
	FlagPermanent     Flags = 0x80
	FlagMngTmpAddr    Flags = 0x100
	FlagNoPrefixRoute Flags = 0x200
	FlagMCAutoJoin    Flags = 0x400
	FlagStablePrivacy Flags = 0x800
)

// flagNames is in the order in which iproute2 prints them.
var flagNames = []struct {
	flag Flags
	name string
}{
	{FlagTemporary, "temporary"},
	{FlagNoDAD, "nodad"},
	{FlagOptimistic, "optimistic"},
	{FlagDADFailed, "dadfailed"},
	{FlagHomeAddress, "home"},
	{FlagDeprecated, "deprecated"},
	{FlagTentative, "tentative"},
	{FlagPermanent, "permanent"},
	{FlagMngTmpAddr, "mngtmpaddr"},
	{FlagNoPrefixRoute, "noprefixroute"},
	{FlagMCAutoJoin, "autojoin"},
	{FlagStablePrivacy, "stable-privacy"},
}

// Has reports whether all of g are set in f.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Any reports whether at least one of g is set in f.
func (f Flags) Any(g Flags) bool { return f&g != 0 }

// Names returns the names of the flags, never nil. A bit without a name is
// given as a hexadecimal number.
func (f Flags) Names() []string {
	names := []string{}
	for _, n := range flagNames {
		if f.Has(n.flag) {
			names = append(names, n.name)
			f &^= n.flag
		}
	}
	if f != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(f)))
	}
	return names
}

// String returns the names, separated by spaces.
func (f Flags) String() string { return strings.Join(f.Names(), " ") }

// ParseFlags reads names as Names gives them.
func ParseFlags(names []string) (Flags, error) {
	var f Flags
next:
	for _, s := range names {
		for _, n := range flagNames {
			if n.name == s {
				f |= n.flag
				continue next
			}
		}
		var x uint32
		if _, err := fmt.Sscanf(s, "0x%x", &x); err != nil {
			return 0, fmt.Errorf("parse address flags: unknown flag %q", s)
		}
		f |= Flags(x)
	}
	return f, nil
}

// MarshalJSON implements json.Marshaler.
func (f Flags) MarshalJSON() ([]byte, error) { return json.Marshal(f.Names()) }

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flags) UnmarshalJSON(b []byte) (err error) {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return fmt.Errorf("parse address flags: %w", err)
	}
	*f, err = ParseFlags(names)
	return err
}
