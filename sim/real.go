package sim

import (
	"context"
	"errors"
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

// silence is how long to wait for an answer that may never come. Answers take about
// a millisecond, and silence alone is no proof (probe.Config.Silence).
const silence = 500 * time.Millisecond

// silence is that of a backend. The real passt tells a peer nothing of what
// the guest refuses over UDP, nor of a guest that does not answer.
func (b Backend) silence() time.Duration {
	if !b.Real() {
		return 0
	}
	return silence
}

// segment makes the segment, a namespace between guest and real passt. It gets a
// bridge of the guest's link and of the interface that pasta makes, so that the
// guest is the same with both backends, and others can be on its link. There is
// no IPv6 on the segment itself.
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
	p := l.scenario.Passt
	process := start(l.opts.Backend.Program, child.Spec{
		Args: append([]string{"pasta", "--netns", child.OtherPath, "--no-netns-quit", "-I", pastaLink, "--dhcp-dns", "--dhcp-search",
			"-t", ports(p.TCP, cfg.Release), "-u", ports(p.UDP, cfg.Release), "-T", "none", "-U", "none"},
			arguments(l.scenario, cfg, l.opts.Backend.Release)...),
		Net: l.Pod, Other: l.Host,
		Own: map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})
	solicitor := l.scenario.Guest.MAC
	if !neighbours(l.scenario) {
		solicitor = scenarios.MAC{} // nobody would be answered
	}
	return backend.Attach(ctx, at, process, pastaLink, e, solicitor)
}

// readyPod lets passt send echo requests of its own, as group 0.
func readyPod(pod *link.Net) error {
	return pod.Set(link.Sysctl{Key: "ipv4/ping_group_range", Value: "0 0"})
}

// start starts the real passt as a child. It runs in the foreground and
// without an identity of its own, and speaks of IPv6 alone.
func start(path string, s child.Spec) *child.Process {
	s.Path = path
	s.Args = append(s.Args, "-f", "--runas", "0", "-6")
	s.Env = []string{"PATH=" + os.Getenv("PATH")}
	return child.Start(s)
}
