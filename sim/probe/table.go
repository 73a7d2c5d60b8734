package probe

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
)

// Candidate is a global unicast IPv6 address of the guest.
type Candidate struct {
	Address netip.Prefix     // with the prefix length the guest gave it
	Link    string           // the guest's interface
	Origin  scenarios.Origin // how it came about
	Flags   uint32           // the kernel's IFA_F_ flags (linux/if_addr.h)
}

// Outcome is how one exchange ended: OK, Silent or the name of an errno.
type Outcome string

const (
	// OK is the outcome of an exchange whose payload came back.
	OK Outcome = "ok"
	// Silent is the outcome of an exchange without an answer and without an error, where
	// a refusal may be silent (Config.Silence).
	Silent Outcome = "silent"
)

// Result is the outcome over both transports.
type Result struct{ TCP, UDP Outcome }

// OK reports whether both transports worked.
func (r Result) OK() bool { return r.TCP == OK && r.UDP == OK }

// String returns the outcome, once where both transports agree, otherwise as
// "tcp=ok udp=ECONNREFUSED".
func (r Result) String() string {
	if r.TCP == r.UDP {
		return string(r.TCP)
	}
	return fmt.Sprintf("tcp=%s udp=%s", r.TCP, r.UDP)
}

// MarshalText implements encoding.TextMarshaler.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Result) UnmarshalText(b []byte) error {
	s := string(b)
	if tcp, udp, ok := strings.Cut(s, " "); ok {
		t, okT := strings.CutPrefix(tcp, "tcp=")
		u, okU := strings.CutPrefix(udp, "udp=")
		if !okT || !okU {
			return fmt.Errorf("parse result: %q is neither an outcome nor tcp=… udp=…", s)
		}
		*r = Result{Outcome(t), Outcome(u)}
		return nil
	}
	*r = Result{Outcome(s), Outcome(s)}
	return nil
}

// Row has the measurements of one candidate.
type Row struct {
	Candidate
	Out            Result     // the guest sends from the candidate to the peer, which answers
	NoDefaultRoute bool       // the guest has no default route, which may be why Out failed
	OutSource      netip.Addr // the source address that the peer saw
	In             Result     // the peer connects to the candidate; a server on the wildcard address answers
	// InFirst is In before the guest has sent anything to a passt that was restarted. The
	// zero value: the guest had sent already.
	InFirst Result
	InBound Result // In with a server bound to the candidate
	// InBoundAfter is InBound again, after the guest has sent from the candidate that is
	// the key.
	InBoundAfter map[netip.Addr]Result
	// Ports has the ports of Config.Services.
	Ports map[scenarios.Port]PortResult
}

// PortResult is what was measured at one port of the candidate, over the port's protocol.
type PortResult struct {
	In Outcome `json:"in"` // In, or InBound where the service is bound
	// After is In again, after the guest has sent from the candidate that is the key; only
	// where the service is bound.
	After map[netip.Addr]Outcome `json:"after,omitempty"`
}

// OK reports whether the port works.
func (p PortResult) OK() bool {
	for _, o := range p.After {
		if o != OK {
			return false
		}
	}
	return p.In == OK
}

// Bidirectional reports whether the candidate works out and in, as a choice has to. In also
// before the guest has sent, where that was measured.
func (r Row) Bidirectional() bool {
	return r.Out.OK() && r.In.OK() && (r.InFirst == Result{} || r.InFirst.OK())
}

// Works reports whether the candidate works for a role: out, and in to servers that listen
// as l says.
func (r Row) Works(l scenarios.Listener) bool {
	if l.Default() || !r.Out.OK() {
		return r.Bidirectional()
	}
	for _, p := range l.Ports {
		first := r.InFirst.TCP
		if p.UDP() {
			first = r.InFirst.UDP
		}
		if !r.Ports[p].OK() || first != "" && first != OK {
			return false
		}
	}
	if len(l.Ports) > 0 {
		return true
	}
	for _, after := range r.InBoundAfter {
		if !after.OK() {
			return false
		}
	}
	return r.InBound.OK() && (r.InFirst == Result{} || r.InFirst.OK())
}

// Table is the truth table: one row a candidate, in the kernel's order.
type Table []Row

// Row returns the row of address a.
func (t Table) Row(a netip.Addr) (Row, bool) {
	for _, r := range t {
		if r.Address.Addr() == a {
			return r, true
		}
	}
	return Row{}, false
}
