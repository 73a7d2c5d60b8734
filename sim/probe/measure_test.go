package probe

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMeasure(t *testing.T) {
	b := newBed(t)
	candidates := []Candidate{
		{Address: netip.PrefixFrom(nobody, 64), Link: "eth0", Origin: "slaac"},
		{Address: netip.PrefixFrom(guestAddr, 64), Link: "eth0", Origin: "static"},
	}
	works := Result{OK, OK}
	absent := Result{"EADDRNOTAVAIL", "EADDRNOTAVAIL"}
	unreachable := Result{"EHOSTUNREACH", "EHOSTUNREACH"}
	table := Table{
		{Candidate: candidates[0], Out: absent, In: unreachable, InBound: absent, InBoundAfter: map[netip.Addr]Result{guestAddr: absent}},
		{Candidate: candidates[1], Out: works, OutSource: guestAddr, In: works, InBound: works, InBoundAfter: map[netip.Addr]Result{}},
	}
	linkLocal := Control{From: b.peer, To: netip.AddrPortFrom(b.linkLocal(t), PortGuest), Link: b.link}
	control := func(to netip.Addr) Control { return Control{From: b.guest, To: netip.AddrPortFrom(to, portWildcard)} }
	for _, tt := range []struct {
		name     string
		peer     netip.Addr
		controls []Control
		want     Table
		err      string
	}{
		{name: "table", peer: peerAddr, controls: []Control{control(peerAddr), linkLocal}, want: table},
		{name: "no control", peer: peerAddr, want: table},
		{name: "control fails", peer: peerAddr, controls: []Control{control(peerAddr), control(nobody)},
			err: "measure the truth table: positive control from guest to [fd00::77]:20007: EHOSTUNREACH: inconclusive"},
		{name: "not the peer's address", peer: nobody,
			err: "measure the truth table: the peer cannot send from fd00::77: inconclusive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := audit.Take()
			got, err := Measure(t.Context(), Config{Peer: b.peer, Pod: b.pod, Guest: b.guest, PeerAddress: tt.peer, Controls: tt.controls}, candidates)
			if tt.err == "" && err != nil || tt.err != "" && (!errors.Is(err, ErrInconclusive) || !strings.HasPrefix(err.Error(), tt.err)) {
				t.Errorf("Measure: %v, want %s…", err, tt.err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); d != "" {
				t.Error(d)
			}
			if err := before.Check(time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

// An exchange that neither works nor fails ends the measurement.
func TestMeasureBlackhole(t *testing.T) {
	b := newBed(t)
	before := audit.Take()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	table, err := Measure(ctx, Config{Peer: b.peer, Pod: b.pod, Guest: b.guest, PeerAddress: peerAddr},
		[]Candidate{{Address: netip.PrefixFrom(blackhole, 64)}})
	if table != nil || !errors.Is(err, ErrInconclusive) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in peer to [fd00::88]:20007") {
		t.Errorf("Measure: %v, %v", table, err)
	}
	if err := before.Check(time.Second); err != nil {
		t.Error(err)
	}
}

// Where silence is a result, it is one only beside a control that is answered.
func TestMeasureSilence(t *testing.T) {
	b := newBed(t)
	control := func(to netip.Addr) Control { return Control{From: b.guest, To: netip.AddrPortFrom(to, portWildcard)} }
	for _, tt := range []struct {
		name    string
		control netip.Addr
		want    Result
		err     string
	}{
		{name: "silent", control: peerAddr, want: Result{Silent, Silent}},
		{name: "control fails", control: nobody, err: "inconclusive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := audit.Take()
			m := &measurement{Config: Config{
				Peer: b.peer, PeerAddress: peerAddr, Silence: 10 * time.Millisecond, Controls: []Control{control(tt.control)},
			}}
			if err := m.serve(b.peer, netip.Addr{}, portWildcard); err != nil {
				t.Fatal(err)
			}
			got, _, err := m.both(t.Context(), b.peer, peerAddr, target{AddrPort: netip.AddrPortFrom(blackhole, portWildcard)})
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !errors.Is(err, ErrInconclusive) {
				t.Errorf("got %s, %v; want %s, %s", got, err, tt.want, tt.err)
			}
			if err := errors.Join(m.close(), before.Check(time.Second)); err != nil {
				t.Error(err)
			}
		})
	}
}

// drop has the namespace drop what comes in of a protocol, up to so many octets.
func drop(t *testing.T, ns *netns.NS, protocol byte, octets uint64) {
	t.Helper()
	err := ns.Do(func() error {
		c, err := nftables.New()
		if err != nil {
			return err
		}
		table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv6, Name: "drop"})
		chain := c.AddChain(&nftables.Chain{Name: "input", Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{protocol}},
			&expr.Quota{Bytes: octets},
			&expr.Verdict{Kind: expr.VerdictDrop},
		}})
		return c.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Silence is no result if the exchange is answered when it is made again.
func TestMeasureLateAnswer(t *testing.T) {
	b := newBed(t)
	const syn = 40 + 40 // octets: the IPv6 header, and the first segment with options (RFC 9293 3.1)
	drop(t, b.guest, unix.IPPROTO_TCP, syn)
	m := &measurement{Config: Config{
		Peer: b.peer, PeerAddress: peerAddr, Silence: 500 * time.Millisecond,
		Controls: []Control{{From: b.peer, To: netip.AddrPortFrom(peerAddr, portWildcard)}},
	}}
	if err := errors.Join(m.serve(b.peer, netip.Addr{}, portWildcard), m.serve(b.guest, netip.Addr{}, portWildcard)); err != nil {
		t.Fatal(err)
	}
	to := target{AddrPort: netip.AddrPortFrom(guestAddr, portWildcard)}
	got, reports, err := m.both(t.Context(), b.peer, peerAddr, to)
	if err != nil || got != (Result{OK, OK}) || reports[0] != reports[1] {
		t.Errorf("got %s of %v, %v", got, reports, err)
	}
	if err := m.close(); err != nil {
		t.Error(err)
	}
}

func TestMeasurePortTaken(t *testing.T) {
	b := newBed(t)
	s, err := serve(b.pod, netip.Addr{}, PortPod, new(connections))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := audit.Take()
	_, err = Measure(t.Context(), Config{Peer: b.peer, Pod: b.pod, Guest: b.guest, PeerAddress: peerAddr}, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "serve [::]:50007 in pod: ") {
		t.Errorf("Measure: %v", err)
	}
	if err := before.Check(time.Second); err != nil {
		t.Error(err)
	}
}

// A neighbour that does not answer while the machine's table of neighbours is full is
// asked again.
func TestMeasureWithoutRoom(t *testing.T) {
	b := newBed(t)
	const solicitation = 40 + 32 // octets: the IPv6 header, and the message with one option (RFC 4861 4.3)
	drop(t, b.guest, unix.IPPROTO_ICMPV6, 2*solicitation)
	m := &measurement{Config: Config{Peer: b.peer, PeerAddress: peerAddr}, overflows: limits.Overflows()}
	if err := m.serve(b.guest, netip.Addr{}, portWildcard); err != nil {
		t.Fatal(err)
	}
	if err := need.Crowd(t)(); err != nil { // the table was full in between
		t.Fatal(err)
	}
	to := target{AddrPort: netip.AddrPortFrom(guestAddr, portWildcard)}
	got, _, err := m.both(t.Context(), b.peer, peerAddr, to)
	if err := errors.Join(err, m.close()); err != nil || got != (Result{OK, OK}) {
		t.Errorf("got %s, %v", got, err)
	}
}

// A guest that is silent is not asked again after the table of neighbours was full: it may
// have sent meanwhile. The lab is at fault, and the error names the table.
func TestMeasureSilentGuestWithoutRoom(t *testing.T) {
	b := newBed(t)
	const solicitation = 40 + 32 // octets, as above
	drop(t, b.guest, unix.IPPROTO_ICMPV6, 2*solicitation)
	unheard := func(context.Context) error { return errors.New("the guest was made to send") }
	m := &measurement{
		Config:    Config{Peer: b.peer, PeerAddress: peerAddr, Silence: time.Second, Unheard: unheard},
		table:     Table{{Candidate: Candidate{Address: netip.PrefixFrom(guestAddr, 64)}}},
		overflows: limits.Overflows(),
	}
	if err := m.serve(b.guest, netip.Addr{}, portWildcard); err != nil {
		t.Fatal(err)
	}
	if err := need.Crowd(t)(); err != nil { // the table was full in between
		t.Fatal(err)
	}
	err := m.explain(m.first(t.Context()))
	if cerr := m.close(); cerr != nil || !errors.Is(err, ErrInconclusive) || !strings.Contains(err.Error(), "before the guest has sent: tcp exchange from fd00::9 in peer to [fd00::1]:20007: EHOSTUNREACH: inconclusive: packets may have been lost, because the table of IPv6 neighbours of the whole machine (sysctl net.ipv6.neigh.default.gc_thresh3) was full") {
		t.Errorf("got %v, %v", err, cerr)
	}
}
