package scenarios

import (
	"net/netip"

	"github.com/passtlab/passtlab/internal/eui64"
)

// AddrGen says how the guest makes the interface identifiers of eth0's SLAAC addresses. A
// word stands for the mode.
type AddrGen struct {
	// Mode is eui64, stable-privacy or random, also for the link-local address. Default:
	// eui64.
	Mode AddrGenMode `yaml:"mode,omitempty" bare:"true"`
	// Token is the identifier itself, such as ::5 (ip-token(8)). The link-local address
	// keeps the default.
	Token netip.Addr `yaml:"token" excludes:"mode" is:"token"`
}

// AddrGenMode is a way to make interface identifiers.
type AddrGenMode string

const (
	AddrGenEUI64  AddrGenMode = "eui64"          // of the MAC (RFC 4291 appendix A)
	AddrGenStable AddrGenMode = "stable-privacy" // of the prefix, the MAC and a secret on the disk (RFC 7217)
	AddrGenRandom AddrGenMode = "random"         // the same with another secret at each boot
)

// LinkLocal returns the guest's link-local address where its MAC is m, and false if that
// depends on a secret.
func (g AddrGen) LinkLocal(m MAC) (netip.Addr, bool) {
	return eui64.Address(eui64.LinkLocal, m), g.Mode == "" || g.Mode == AddrGenEUI64
}

// Forms returns the address that SLAAC forms in a /64 where the MAC is m, and false if that
// depends on a secret.
func (g AddrGen) Forms(p netip.Prefix, m MAC) (netip.Addr, bool) {
	if !g.Token.IsValid() {
		return eui64.Address(p, m), g.Mode == "" || g.Mode == AddrGenEUI64
	}
	b, token := p.Addr().As16(), g.Token.As16()
	copy(b[8:], token[8:])
	return netip.AddrFrom16(b), true
}

// Unsupported returns why a client cannot configure such a guest, with the key that says
// so. Both are empty if it can.
func (g Guest) Unsupported(c Client) (key, why string) {
	switch {
	case c == ClientKernel || c == ClientDHClient: // the kernel forms addresses
	case g.AddrGen.Mode == AddrGenRandom:
		return "guest.addrGen.mode", "makes no random identifiers"
	case g.AddrGen.Token.IsValid() && c == ClientDHCPCD:
		return "guest.addrGen.token", "has no tokens up to 9.4"
	case g.OptimisticDAD:
		return "guest.optimisticDAD", "adds addresses itself, and never as optimistic ones"
	}
	return "", ""
}

// addrGen finds a contradiction about the addresses that SLAAC forms.
func (c checker) addrGen() {
	if c.Sound("guest.addrGen") && c.Guest.AddrGen.Mode != "" && c.Guest.AddrGen.Token.IsValid() {
		c.fault("guest.addrGen.token", "either a mode or a token", "remove one", "guest.addrGen.mode says something else")
	}
}
