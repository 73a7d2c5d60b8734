package probe

import (
	"net/netip"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// What works for a role depends on how its servers listen.
func TestWorks(t *testing.T) {
	other := netip.MustParseAddr("fd01::b")
	works, refused := Result{OK, OK}, Result{"ECONNREFUSED", "ECONNREFUSED"}
	row := func(change func(*Row)) Row {
		r := Row{Out: works, In: works, InBound: works, InBoundAfter: map[netip.Addr]Result{other: works},
			Ports: map[scenarios.Port]PortResult{"22/tcp": {In: OK}, "53/udp": {In: OK, After: map[netip.Addr]Outcome{other: OK}}}}
		change(&r)
		return r
	}
	both := scenarios.Listener{}
	bound := scenarios.Listener{Works: scenarios.WorksBound}
	ports := scenarios.Listener{Ports: []scenarios.Port{"22/tcp", "53/udp"}}
	tcp := scenarios.Listener{Ports: ports.Ports[:1]}
	for _, tt := range []struct {
		name                    string
		change                  func(*Row)
		both, bound, ports, tcp bool
	}{
		{"all", func(*Row) {}, true, true, true, true},
		{"out", func(r *Row) { r.Out.UDP = Silent }, false, false, false, false},
		{"in", func(r *Row) { r.In = refused }, false, true, true, true},
		{"bound", func(r *Row) { r.InBound = refused }, true, false, true, true},
		{"bound, after", func(r *Row) { r.InBoundAfter[other] = refused }, true, false, true, true},
		{"first, TCP", func(r *Row) { r.InFirst = Result{Silent, OK} }, false, false, false, false},
		{"first, UDP", func(r *Row) { r.InFirst = Result{OK, Silent} }, false, false, false, true},
		{"port", func(r *Row) { r.Ports["22/tcp"] = PortResult{In: "ECONNREFUSED"} }, true, true, false, false},
		{"port, after", func(r *Row) { r.Ports["53/udp"].After[other] = Silent }, true, true, false, true},
		{"port not measured", func(r *Row) { delete(r.Ports, "22/tcp") }, true, true, false, false},
	} {
		r := row(tt.change)
		for _, w := range []struct {
			l    scenarios.Listener
			want bool
		}{{both, tt.both}, {bound, tt.bound}, {ports, tt.ports}, {tcp, tt.tcp}} {
			if got := r.Works(w.l); got != w.want {
				t.Errorf("%s, listening (%s): works %t, want %t", tt.name, w.l, got, w.want)
			}
		}
	}
}
