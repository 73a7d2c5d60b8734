package sim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
)

// Whatever waits in the lab ends as soon as something dies that the lab needs,
// and names it: a step that would take a minute, and a measurement.
func TestDeath(t *testing.T) {
	for _, tt := range []struct {
		name string
		kill func(*testing.T, *Lab)
		want string
	}{
		{"passt", func(t *testing.T, l *Lab) {
			ok(t, l.pod.Down("lo")) // by which passt hands on what the guest sends
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := l.Send(ctx, linkLocal(l.scenario.Guest.MAC)); err == nil {
				t.Error("what the guest sends arrives")
			}
		}, "passt: forward a frame of the guest into pod: "},
		{"defender", func(t *testing.T, l *Lab) { ok(t, l.defender.conn.Close()) }, "defend addresses: receive on tap: "},
		{"link", func(t *testing.T, l *Lab) {
			elsewhere, err := link.Open(need.Namespace(t, "elsewhere"))
			ok(t, err)
			defer elsewhere.Close()
			ok(t, l.host.Move(tap, elsewhere))
		}, "interface tap of pod was removed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			need.Namespaces(t)
			causes := make(chan error, 4)
			sc := timeline(t, `[ra, conflict: "fd01:cafe::dead", dhcpv6: {valid: 10, preferred: 10}, expire: dhcpv6]`)
			l, err := New(t.Context(), sc, Options{Died: func(cause error) { causes <- cause }})
			ok(t, err)
			defer func() {
				if err := l.Close(); err != nil && strings.Contains(err.Error(), tt.want) {
					t.Errorf("Close tells the cause once more: %v", err)
				}
			}()
			expire := slices.IndexFunc(l.scenario.Events, func(e scenarios.Event) bool { return e.Kind() == "expire" })
			for _, e := range l.scenario.Events[:expire] {
				ok(t, l.Step(t.Context(), e))
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("only the time-out has ended it"))
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- l.Step(ctx, l.scenario.Events[expire]) }()
			tt.kill(t, l)
			if err := <-ended; err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Step = %v, want …%s…", err, tt.want)
			}
			if table, err := l.Probe(ctx); table != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Probe = %v, %v, want %s…", table, err, tt.want)
			}
			if cause := <-causes; !strings.HasPrefix(cause.Error(), tt.want) {
				t.Errorf("died of %v, want %s…", cause, tt.want)
			}
		})
	}
}

// A cause of death that nothing has told is told by Close.
func TestDeathUnseen(t *testing.T) {
	need.Namespaces(t)
	l, err := New(t.Context(), timeline(t, `[ra, conflict: "fd01:cafe::dead"]`), Options{})
	ok(t, err, l.Play(t.Context()), l.defender.conn.Close())
	<-l.running.Done()
	const want = "defend addresses: receive on tap: "
	if err := l.Close(); err == nil || strings.Count(err.Error(), want) != 1 {
		t.Errorf("Close = %v, want %s… once", err, want)
	}
}

// A passt that the guest has ended answers nothing and hands on nothing, which is a result
// and no error of the lab, until it is restarted. What has to come from it cannot happen.
func TestEnded(t *testing.T) {
	l := lab(t, timeline(t, `[ra, dhcpv6, dhcpv6, send: dhcpv6, ra: {valid: 600}, deprecate: slaac, renew, ra, dhcpv6: {none: true}, renumber: "fd01:cafe::77/64"]`, func(sc *scenarios.Scenario) {
		sc.Passt.KubeVirt = "1.4"
	}))
	events := l.scenario.Events
	ok(t, l.Step(t.Context(), events[0]), l.Step(t.Context(), events[1]))
	conn, err := l.guest.Net.ListenPacket(guestLink, 0)
	ok(t, err)
	defer conn.Close()
	to := l.PeerAddress().As16()
	datagram := slices.Concat(allNodesMAC, l.scenario.Guest.MAC[:], []byte{0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64}, make([]byte, 16), to[:], []byte{0, 1, 0, 2, 0, 8, 0, 0})
	_, err = conn.WriteTo(datagram, &packet.Addr{HardwareAddr: allNodesMAC})
	ok(t, err)
	gone := false
	for deadline := time.Now().Add(10 * time.Second); !gone && time.Now().Before(deadline); {
		l.passt.Ask(func(e *passt.Engine) { gone = e.Ended() })
	}
	if !gone {
		t.Fatal("passt has not ended")
	}
	for i, e := range events[2:] {
		err := l.Step(t.Context(), e)
		if impossible := i < 4; impossible != (err != nil && strings.Contains(err.Error(), "passt has ended")) {
			t.Errorf("%s: %v", e.Kind(), err)
		}
	}
	measure := func(works bool) {
		t.Helper()
		table, err := l.Probe(t.Context())
		ok(t, err)
		for _, r := range table {
			if r.Out.OK() != works || r.In.OK() != (works && r.Origin == scenarios.OriginDHCPv6) {
				t.Errorf("%s: out %s, in %s, of a passt that works: %t", r.Address, r.Out, r.In, works)
			}
		}
	}
	measure(false)
	ok(t, l.Step(t.Context(), scenarios.Event{Action: &scenarios.Process{State: scenarios.ProcessRestart}}))
	ok(t, l.Step(t.Context(), scenarios.Plain(scenarios.EventDHCPv6)[0]))
	measure(true)
}

func ok(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
