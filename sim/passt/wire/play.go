package wire

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"

	"github.com/passtlab/passtlab/sim/passt"
)

// Pod returns the configuration of a passt in the pod of the recordings.
func Pod(rel passt.Release) passt.Config {
	return passt.Config{
		Release:     rel,
		PodMAC:      podMAC,
		Address:     netip.PrefixFrom(pod, 64),
		Gateway:     netip.MustParseAddr("fd01:cafe::1"),
		Nameservers: []netip.Addr{netip.MustParseAddr("fd01:cafe::53")},
		Searches:    []string{"default.svc.cluster.local", "svc.cluster.local", "cluster.local"},
	}
}

// Result compares a recording with a simulated passt.
type Result struct {
	Passed      int
	Differences []Difference
}

// Failed returns the number of cases in which the simulation differs.
func (r Result) Failed() int { return len(r.Differences) }

// Difference is a case in which the simulation differs.
type Difference struct {
	Case
	Simulated     [][]byte
	SimulatedSeen Seen
}

// Print writes the differences, decoded field by field, and a last line that
// counts: "N passed, M failed".
func (r Result) Print(w io.Writer) error {
	out := new(bytes.Buffer)
	for _, d := range r.Differences {
		fmt.Fprintf(out, "= %s\n%s", d.Title, Diff(d.Received, d.Simulated))
		if d.Seen != nil && *d.Seen != d.SimulatedSeen {
			write(out, "addresses seen", d.Seen.String(), d.SimulatedSeen.String())
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", r.Passed, r.Failed())
	_, err := out.WriteTo(w)
	return err
}

// Play sends a recording's frames to a simulated passt of a release.
func Play(rec *Recording, rel passt.Release) (Result, error) {
	cfg, err := configure(rel, rec.Options)
	if err != nil {
		return Result{}, fmt.Errorf("play recording: %w", err)
	}
	cfg.Started = rec.started()
	engine, err := passt.New(cfg)
	if err != nil {
		return Result{}, fmt.Errorf("play recording: %w", err)
	}
	var res Result
	compare := func(c Case, simulated [][]byte) {
		s := seenBy(engine)
		if slices.EqualFunc(c.Received, simulated, bytes.Equal) && (c.Seen == nil || *c.Seen == s) {
			res.Passed++
		} else {
			res.Differences = append(res.Differences, Difference{c, simulated, s})
		}
		engine.Handle(cfg.Started, marker(0)) // as Record did
	}
	unasked, cases := engine.Connect(cfg.Started), rec.Cases
	switch {
	case len(cases) > 0 && len(cases[0].Sent) == 0:
		compare(cases[0], unasked)
		cases = cases[1:]
	case len(unasked) > 0:
		compare(Case{Title: bootTitle}, unasked)
	}
	for _, c := range cases {
		var out [][]byte
		for _, frame := range c.Sent {
			// No time passes, so that no unasked frame comes between.
			out = append(out, engine.Handle(cfg.Started, frame)...)
		}
		compare(c, out)
	}
	return res, nil
}

func seenBy(e *passt.Engine) Seen {
	s := Seen{e.Seen(), e.SeenLinkLocal()}
	if !s.LinkLocal.IsValid() {
		// passt: does not drop what it has no address for, all releases.
		s.LinkLocal = netip.IPv6Unspecified()
	}
	return s
}

// started returns the time in the server's DUID, or the DUID's epoch if there
// is none.
func (rec *Recording) started() time.Time {
	t := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	duid, err := dhcpv6.DUIDFromBytes(rec.ServerID())
	if llt, ok := duid.(*dhcpv6.DUIDLLT); ok && err == nil {
		t = t.Add(time.Duration(llt.Time) * time.Second)
	}
	return t
}

// ServerID returns the server's DUID of the first ADVERTISE, or nil.
func (rec *Recording) ServerID() []byte {
	for _, c := range rec.Cases {
		for _, frame := range c.Received {
			fields := make(map[string]field)
			for _, f := range decode(frame) {
				fields[f.name] = f
			}
			kind, id := fields["dhcpv6 message"].raw, fields["option "+dhcpv6.OptionServerID.String()].raw
			if len(kind) > 0 && dhcpv6.MessageType(kind[0]) == dhcpv6.MessageTypeAdvertise && len(id) >= 4 {
				return id[4:]
			}
		}
	}
	return nil
}
