package passt

import (
	"net"
	"net/netip"
	"slices"
)

// State is what a passt has learned of its guest.
type State struct {
	Guest               net.HardwareAddr // nil before the guest has sent
	Seen, SeenLinkLocal netip.Addr       // as Engine.Seen and SeenLinkLocal
}

// State returns what a live migration carries over, since 2025_02_17
// (Behaviour.StateCarried).
func (e *Engine) State() State { return State{slices.Clone(e.guest), e.seen, e.seenLL} }

// Resume takes over the state of the passt of which the guest has come.
func (e *Engine) Resume(s State) {
	e.guest, e.seen, e.seenLL = slices.Clone(s.Guest), s.Seen, s.SeenLinkLocal
}

// AnswerDHCPv6 has the engine answer DHCPv6 from now on or not, as --no-dhcpv6 does
// from the start.
func (e *Engine) AnswerDHCPv6(on bool) { e.cfg.NoDHCPv6 = !on }

// Leases reports whether it answers DHCPv6.
func (e *Engine) Leases() bool { return !e.cfg.NoDHCPv6 }
