package selector

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Flags are the kernel's address flags (IFA_FLAGS, linux/if_addr.h). In JSON
// they are a list of names, those that `ip address` prints.
type Flags uint32

// The flags, from the lowest bit on.
const (
	FlagTemporary Flags = 1 << iota
	FlagNoDAD
	FlagOptimistic
	FlagDADFailed
	FlagHomeAddress
	FlagDeprecated
	FlagTentative
	FlagPermanent
	FlagMngTmpAddr
	FlagNoPrefixRoute
	FlagMCAutoJoin
	FlagStablePrivacy
)

// flagNames are iproute2's, from the lowest bit on.
var flagNames = []string{
	"temporary", "nodad", "optimistic", "dadfailed", "home", "deprecated", "tentative",
	"permanent", "mngtmpaddr", "noprefixroute", "autojoin", "stable-privacy",
}

// Has reports whether all of g are set in f.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Any reports whether at least one of g is set in f.
func (f Flags) Any(g Flags) bool { return f&g != 0 }

// Names returns the names of the flags, never nil. Bits without a name become one
// hexadecimal number.
func (f Flags) Names() []string {
	names := []string{}
	for i, name := range flagNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	if f &^= 1<<len(flagNames) - 1; f != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(f)))
	}
	return names
}

func (f Flags) String() string { return strings.Join(f.Names(), " ") }

// ParseFlags reads names as Names gives them.
func ParseFlags(names []string) (Flags, error) {
	var f Flags
	for _, s := range names {
		if i := slices.Index(flagNames, s); i >= 0 {
			f |= 1 << i
			continue
		}
		var x uint32
		if _, err := fmt.Sscanf(s, "0x%x", &x); err != nil {
			return 0, fmt.Errorf("parse address flags: unknown flag %q", s)
		}
		f |= Flags(x)
	}
	return f, nil
}

func (f Flags) MarshalJSON() ([]byte, error) { return json.Marshal(f.Names()) }

func (f *Flags) UnmarshalJSON(b []byte) (err error) {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return fmt.Errorf("parse address flags: %w", err)
	}
	*f, err = ParseFlags(names)
	return err
}
