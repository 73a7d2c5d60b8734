package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// Renumber gives the pod another address. passt still leases the old one, listens on all
// addresses of the pod, and sends from the one that the kernel chooses.
func (l stage) Renumber(ctx context.Context, e scenarios.Renumber) error {
	if err := l.readdress(ctx, e.Address, e.Gateway, e.Keep); err != nil {
		return err
	}
	s := l.passt.Simulated()
	if s == nil {
		return nil // the real one goes on by itself
	}
	source, others, err := l.podAddresses()
	if err != nil {
		return err
	}
	return s.Change(func(c *plane.Config) { c.Address, c.Others = source, others })
}

// Migrate replaces passt and its pod. The new pod is the same namespace with another MAC
// and other addresses; open flows end.
func (l stage) Migrate(ctx context.Context, e scenarios.Migrate) error {
	if err := l.anotherPod(ctx, e.Address, e.Gateway); err != nil {
		return err
	}
	return l.succeed(ctx, e.State, false)
}

// anotherPod replaces the pod by one with an address and a gateway. It keeps the old one's
// in place of one that is not valid.
func (l stage) anotherPod(ctx context.Context, address netip.Prefix, gateway netip.Addr) error {
	keep := !address.IsValid() && len(l.scenario.Pod.Addresses) > 0 // all of them
	if !address.IsValid() {
		address = l.scenario.Pod.Address
	}
	return errors.Join(l.readdress(ctx, address, gateway, keep), l.anew())
}

// succeed replaces passt, and connects the guest, which runs, to the new one. silent says that
// the guest does not send meanwhile.
func (l *Lab) succeed(ctx context.Context, state scenarios.State, silent bool) error {
	carried, err := l.replace(ctx, state, silent)
	if err != nil {
		return err
	}
	// passt: sends nothing to a guest whose state it has got, 2025_05_03 to 2026_10_02.
	return l.passt.Connect(!carried && !vhostUser(l.scenario))
}

// replace starts another passt in place of the one that runs or ran, and reports whether it has
// got the old one's state.
func (l *Lab) replace(ctx context.Context, state scenarios.State, silent bool) (carried bool, err error) {
	cfg, err := l.passtConfig()
	if err != nil {
		return false, err
	}
	// The DUID has the time in whole seconds (RFC 8415 11.2), and a real migration takes
	// longer than one.
	cfg.Started = l.started.Add(time.Second)
	if now := time.Now(); now.After(cfg.Started) {
		cfg.Started = now
	}
	next, err := passt.New(cfg)
	if err != nil {
		return false, err
	}
	if carried = carries(state, cfg.Release); carried {
		l.passt.Ask(next.Resume)
	}
	switch p := l.passt.(type) {
	case *backend.Simulated:
		err = l.replaceSimulated(p, cfg, next)
	case *backend.Pasta:
		err = p.Replace(ctx, next, l.solicitor(), silent, func() *child.Process { return l.startPasta(cfg) })
	}
	if err == nil {
		l.started, l.stopped = cfg.Started, false
	}
	return carried, err
}

// carries reports whether a migrated passt gets the old one's state. By default the release
// says it.
func carries(state scenarios.State, release passt.Release) bool {
	if state != "" {
		return state == scenarios.StateCarried
	}
	return release.StateCarried
}

func (l *Lab) replaceSimulated(s *backend.Simulated, cfg passt.Config, next *passt.Engine) error {
	if err := l.pod.SetMAC(tap, next.MAC()); err != nil {
		return err
	}
	source, others, err := l.podAddresses()
	if err != nil {
		return err
	}
	return s.Replace(next, func(c *plane.Config) {
		*c = l.planeConfig(cfg, next)
		c.Address, c.Others = source, others
	})
}

// anew gives the pod the MAC of another one, and the link-local address of that MAC.
func (t *Topology) anew() error {
	old := podLinkLocal(t.scenario)
	for i, u := range t.scenario.Pod.Uplinks {
		if u.Name == scenarios.Eth0 {
			continue
		}
		was := u.MAC
		u.MAC[3]++
		t.scenario.Pod.Uplinks[i].MAC = u.MAC
		if err := errors.Join(
			t.pod.SetMAC(u.Name, u.MAC.HardwareAddr()),
			t.pod.AddAddress(u.Name, netip.PrefixFrom(linkLocal(u.MAC), 64)),
			t.pod.RemoveAddress(u.Name, netip.PrefixFrom(linkLocal(was), 64)),
		); err != nil {
			return err
		}
	}
	t.scenario.Pod.MAC[3]++
	mac, now := t.scenario.Pod.MAC.HardwareAddr(), podLinkLocal(t.scenario)
	return errors.Join(
		t.pod.SetMAC(uplink, mac),
		t.pod.AddAddress(uplink, netip.PrefixFrom(now, 64)),
		t.pod.RemoveAddress(uplink, netip.PrefixFrom(old, 64)),
		t.edge.ForgetNeighbour(t.edgeLink, old),
		t.edge.ForgetNeighbour(t.edgeLink, t.scenario.Pod.Address.Addr()),
		t.edge.SetNeighbour(t.edgeLink, now, mac),
	)
}

// readdress changes the pod's address and default router. It removes the old address unless
// that is kept.
func (t *Topology) readdress(ctx context.Context, to netip.Prefix, gateway netip.Addr, keep bool) error {
	old, err := t.podPrefixes(uplink)
	if err != nil {
		return err
	}
	if !keep {
		for _, p := range old {
			if p == to {
				continue
			}
			if err := errors.Join(t.pod.RemoveAddress(uplink, p), t.edge.ForgetNeighbour(t.edgeLink, p.Addr())); err != nil {
				return err
			}
		}
	}
	if !slices.Contains(old, to) {
		if err := t.pod.AddAddress(uplink, to); err != nil {
			return err
		}
		if err := t.reach(to.Addr()); err != nil {
			return err
		}
	}
	if gateway.IsValid() && gateway != t.scenario.Pod.Gateway {
		if err := t.own(gateway, to.Bits()); err != nil {
			return err
		}
		if err := t.pod.ReplaceRoute(uplink, defaultRoute, gateway, 0); err != nil {
			return err
		}
		t.scenario.Pod.Gateway = gateway
	}
	if t.scenario.Pod.Address = to; !keep {
		t.scenario.Pod.Addresses = nil
	}
	return t.awaitOwn(ctx, to.Addr())
}

// awaitOwn waits until the pod has its address: the kernel adds it first, and the route for
// it a little later.
func (t *Topology) awaitOwn(ctx context.Context, a netip.Addr) error {
	return t.pod.Await(ctx, "the pod's address "+a.String(), func() (bool, string, error) {
		src, err := t.pod.Source(a)
		return src == a, fmt.Sprintf("packets to it leave from %s", src), err
	})
}

// uplinkAddresses returns the addresses of the uplink from which passt takes its address, in
// the kernel's order.
func (t *Topology) uplinkAddresses() ([]netip.Prefix, error) {
	u, ps := t.scenario.Template()
	switch {
	case t.pod != nil && len(ps) > 0 && ps[0].IsValid():
		return t.podPrefixes(u.Name)
	case len(ps) < 2:
		return ps, nil
	}
	oldest, err := OldestFirst()
	return listed(t.scenario, oldest), err
}

// listed returns the addresses of the uplink in the order in which a kernel lists them.
func listed(sc *scenarios.Scenario, oldestFirst bool) []netip.Prefix {
	_, ps := sc.Template()
	if ps = slices.Clone(ps); !oldestFirst {
		slices.Reverse(ps)
	}
	return ps
}

// own gives the peer the address of a router.
func (t *Topology) own(gateway netip.Addr, bits int) error {
	if gateway.IsLinkLocalUnicast() {
		bits = 64
	} else if t.opts.Beside != nil {
		bits = 128
	}
	as, err := t.edge.Addresses()
	if err != nil || slices.ContainsFunc(as, func(a link.Address) bool { return a.Prefix.Addr() == gateway }) {
		return err
	}
	return t.edge.AddAddress(t.edgeLink, netip.PrefixFrom(gateway, min(bits, 64)))
}

// podPrefixes returns the addresses of an interface of the pod without the link-local one.
func (t *Topology) podPrefixes(name string) (ps []netip.Prefix, err error) {
	as, err := t.pod.AddressesOf(name)
	for _, a := range as {
		if !a.Prefix.Addr().IsLinkLocalUnicast() {
			ps = append(ps, a.Prefix)
		}
	}
	return ps, err
}

// podAddresses returns the address from which the pod's kernel sends to the peer, and the
// others.
func (t *Topology) podAddresses() (source netip.Addr, others []netip.Addr, err error) {
	ps, err := t.podPrefixes(uplink)
	if err != nil {
		return source, nil, err
	}
	source = t.scenario.Pod.Address.Addr()
	if src, err := t.pod.Source(t.PeerAddress()); err == nil && slices.Contains(addresses(ps), src) {
		source = src
	}
	return source, slices.DeleteFunc(addresses(ps), func(a netip.Addr) bool { return a == source }), nil
}
