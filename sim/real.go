package sim

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
)

// pastaLink is the interface that pasta makes.
const pastaLink = "passt"

// silence returns how long to wait for an answer. The real passt does not tell a peer what
// the guest refuses over UDP, nor that the guest does not answer.
func (b Backend) silence() time.Duration {
	if !b.Real() {
		return 0
	}
	return realSilence
}

// segment makes the segment, a namespace between guest and real passt. It bridges the
// guest's link and the interface that pasta makes. So the guest is the same with both
// backends, and other hosts can be on its link. The segment itself has no IPv6.
func (t *Topology) segment() error {
	var err error
	if t.Host, t.host, err = t.namespace("segment"); err != nil {
		return err
	}
	return t.host.Set(
		link.Sysctl{Key: "ipv6/conf/default/disable_ipv6", Value: "1"},
		link.Sysctl{Key: "ipv6/conf/all/disable_ipv6", Value: "1"},
	)
}

// runPasta starts pasta in the pod, with its interface on the segment.
func (l *Lab) runPasta(ctx context.Context, at backend.Site, cfg passt.Config, e *passt.Engine) (backend.Passt, error) {
	if err := errors.Join(l.opts.Backend.Check(), readyPod(l.pod)); err != nil {
		return nil, err
	}
	if !cfg.Address.IsValid() {
		// passt does not start without any address.
		gateway := netip.MustParseAddr("192.0.2.1")
		if err := errors.Join(
			l.pod.AddAddress(uplink, netip.PrefixFrom(gateway.Next(), 24)),
			l.pod.AddRoute(uplink, netip.PrefixFrom(netip.IPv4Unspecified(), 0), gateway, 0),
		); err != nil {
			return nil, err
		}
	}
	return backend.Attach(ctx, at, l.startPasta(cfg), pastaLink, e, l.solicitor())
}

// solicitor returns the MAC whose solicitation pasta answers when it is ready.
func (l *Lab) solicitor() scenarios.MAC {
	if !neighbours(l.scenario) {
		return scenarios.MAC{} // pasta would not answer
	}
	return l.scenario.Guest.MAC
}

func (l *Lab) startPasta(cfg passt.Config) *child.Process {
	tcp, udp := "none", "none"
	if p := l.scenario.Passt; cfg.Address.IsValid() {
		var listen [2][]uint16 // over TCP and UDP
		for _, port := range l.scenario.ListenPorts() {
			i := 0
			if port.UDP() {
				i = 1
			}
			listen[i] = append(listen[i], port.Number())
		}
		tcp, udp = ports(p.TCP, cfg.Release, listen[0]...), ports(p.UDP, cfg.Release, listen[1]...)
	}
	var template []string
	if name := l.scenario.Named(); name != "" {
		template = []string{"-i", name}
	}
	return start(l.opts.Backend.Program, "0", child.Spec{
		Args: append([]string{"pasta", "--netns", child.OtherPath, "--no-netns-quit", "-I", pastaLink, "--dhcp-dns", "--dhcp-search",
			"-t", tcp, "-u", udp, "-T", "none", "-U", "none"},
			append(template, arguments(l.scenario, cfg, l.opts.Backend.Release)...)...),
		Net: l.Pod, Other: l.Host,
		Own: map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})
}

// readyPod lets passt send echo requests of its own, as group 0, and listen on any port, as
// KubeVirt does.
func readyPod(pod *link.Net) error {
	return pod.Set(
		link.Sysctl{Key: "ipv4/ping_group_range", Value: "0 0"},
		link.Sysctl{Key: "ipv4/ip_unprivileged_port_start", Value: "0"},
	)
}

// start starts the real passt as a child, in the foreground, as a user.
func start(path, user string, s child.Spec) *child.Process {
	s.Path, s.Public = path, true
	s.Args = append(s.Args, "-f", "--runas", user)
	s.Env = []string{"PATH=" + os.Getenv("PATH")}
	return child.Start(s)
}
