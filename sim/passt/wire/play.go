package wire

import (
	"bytes"
	"fmt"
	"io"
	"net"
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
		PodMAC:      net.HardwareAddr{2, 0, 0, 0, 0, 10},
		Address:     netip.MustParsePrefix("fd01:cafe::f14c:9fa1:8496:557f/64"),
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
	Simulated [][]byte
}

// Print writes the differences, decoded field by field, and a last line that
// counts: "N passed, M failed".
func (r Result) Print(w io.Writer) error {
	out := new(bytes.Buffer)
	for _, d := range r.Differences {
		fmt.Fprintf(out, "= %s\n%s\n", d.Title, Diff(d.Received, d.Simulated))
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", r.Passed, r.Failed())
	_, err := out.WriteTo(w)
	return err
}

// Play sends a recording's frames to a simulated passt of a release.
func Play(rec *Recording, rel passt.Release) (Result, error) {
	cfg := Pod(rel)
	cfg.Started = rec.started()
	engine, err := passt.New(cfg)
	if err != nil {
		return Result{}, fmt.Errorf("play recording: %w", err)
	}
	var res Result
	compare := func(c Case, simulated [][]byte) {
		if slices.EqualFunc(c.Received, simulated, bytes.Equal) {
			res.Passed++
			return
		}
		res.Differences = append(res.Differences, Difference{c, simulated})
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

// started returns the time in the server's DUID, or the DUID's epoch if there
// is none.
func (rec *Recording) started() time.Time {
	t := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	duid, err := dhcpv6.DUIDFromBytes(rec.serverID())
	if llt, ok := duid.(*dhcpv6.DUIDLLT); ok && err == nil {
		t = t.Add(time.Duration(llt.Time) * time.Second)
	}
	return t
}

// serverID returns the server's DUID of the first ADVERTISE, or nil.
func (rec *Recording) serverID() []byte {
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
