package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/sim/record"
	"github.com/spf13/cobra"
)

func upCommand() *cobra.Command {
	var f playFlags
	var capture, at string
	c := &cobra.Command{
		Use:   "up SCENARIO.yaml | ID",
		Short: "Build the lab of a scenario and keep it up until Ctrl-C",
		Long: `Up builds the lab of one scenario, plays its timeline to the end, or with --at
to a checkpoint, measures which addresses work there, and keeps the lab up.`,
		Example: `  passtlab up passt-slaac-then-dhcpv6
  passtlab up --at before mine.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			scs, err := choose(args)
			if err != nil {
				return err
			}
			if n := len(scs.scenarios); n != 1 {
				return fmt.Errorf("up: %s names %d scenarios; name one of %s, or FILE#ID for one of a file", args[0], n, ids(scs.scenarios))
			}
			played, err := f.prepare(scs.scenarios)
			if err != nil {
				return err
			}
			sc := played[0]
			events, err := upTo(sc, at)
			if err != nil {
				return fmt.Errorf("--at: %w", err)
			}
			backend, err := parseBackend(c.Context(), f.backend)
			if err != nil {
				return err
			}
			if some, note := backend.Select(played); len(some) == 0 {
				return fmt.Errorf("--backend: %s; leave --backend out", note)
			}
			if err := makeCaptures(capture); err != nil {
				return err
			}
			opts := sim.Options{Backend: backend, Capture: capture, Logger: f.logger(c.ErrOrStderr())}
			return withRights(c, func() error {
				return labFailed(up(c.Context(), sc, events, opts, c.OutOrStdout()))
			})
		},
	}
	f.add(c.Flags())
	c.Flags().StringVar(&at, "at", "", "play up to the checkpoint `NAME`; default: to the end")
	c.Flags().Int64Var(&f.seed, "seed", 1, "draw random orders of the scenario by this `NUMBER`")
	c.Flags().StringVar(&capture, "pcap", "", pcapUsage)
	return c
}

// upTo returns the events before a checkpoint, without checkpoints.
func upTo(sc *scenarios.Scenario, at string) (events []scenarios.Event, err error) {
	var names []string
	for _, e := range sc.Timeline() {
		cp, ok := e.Action.(*scenarios.Checkpoint)
		switch {
		case !ok:
			events = append(events, e)
		case cp.Name == at:
			return events, nil
		default:
			names = append(names, cp.Name)
		}
	}
	if at != "" {
		return nil, fmt.Errorf("%s has no checkpoint %q; there are %s", sc.ID, at, strings.Join(names, ", "))
	}
	return events, nil
}

// up keeps a lab up until ctx ends, which is an error only while the lab is built.
func up(ctx context.Context, sc *scenarios.Scenario, events []scenarios.Event, opts sim.Options, w io.Writer) (err error) {
	lab, err := sim.New(ctx, sc, opts)
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	for _, e := range events {
		if err := lab.Step(ctx, e); err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
	}
	table, err := lab.Probe(ctx)
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	remove, err := record.New(lab, sc.ID).Write(record.Folder())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := describeLab(w, lab, sc, events, table); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func describeLab(out io.Writer, lab *sim.Lab, sc *scenarios.Scenario, events []scenarios.Event, table probe.Table) error {
	between, picture, err := between(lab, sc)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s: %s\n", sc.ID, sc.Title)
	fmt.Fprintf(w, "%s; the peer is %s\n", between, lab.PeerAddress())
	var played []string
	for _, e := range events {
		played = append(played, string(e.Kind()))
	}
	fmt.Fprintf(w, "played: %s\n", cmp.Or(strings.Join(played, ", "), "nothing"))
	fmt.Fprintf(w, "\n  %s\n\n", picture)

	fmt.Fprintln(w, "NAMESPACE\tLINK\tADDRESS\tORIGIN\tFLAGS")
	for i, ns := range []*netns.NS{lab.Peer, lab.Pod, lab.Guest} {
		o, err := observe.Read(ns)
		if err != nil {
			return err
		}
		for _, a := range o.Addresses {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", record.Names()[i], a.Link, a.Prefix, origin(table, record.Names()[i], a), a.Flags)
		}
	}

	fmt.Fprintln(w, "\nCANDIDATE\tADDRESS\tOUT\tSEEN AS\tIN\tIN, BOUND\tWORKS")
	for _, r := range table {
		source, works := "-", "no"
		if r.OutSource.IsValid() {
			source = r.OutSource.String()
		}
		if r.Bidirectional() {
			works = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Origin, r.Address, r.Out, source, r.In, r.InBound, works)
	}

	listens(w, sc, table)
	for _, r := range table {
		if (r.InFirst != probe.Result{}) {
			fmt.Fprintf(w, "\nbefore the guest had sent to the passt that was restarted: %s %s, in %s\n", r.Origin, r.Address, r.InFirst)
		}
	}

	if len(table) > 1 {
		fmt.Fprintln(w, "\nSERVER BOUND TO\tAFTER THE GUEST SENT FROM\tIN, BOUND")
	}
	for _, r := range table {
		for _, from := range table {
			if res, ok := r.InBoundAfter[from.Address.Addr()]; ok {
				fmt.Fprintf(w, "%s %s\t%s %s\t%s\n", r.Origin, r.Address.Addr(), from.Origin, from.Address.Addr(), res)
			}
		}
	}

	fmt.Fprintf(w, `
enter from another terminal:
  passtlab exec --lab %[1]d guest
  passtlab exec --lab %[1]d guest -- ip -6 address
Ctrl-C takes the lab down
`, os.Getpid())
	return w.Flush()
}

// between says in words and in a picture what is between peer and guest.
func between(lab *sim.Lab, sc *scenarios.Scenario) (words, picture string, err error) {
	switch sc.Network {
	case scenarios.NetworkLAN:
		return "guest and peer are on one link", "peer ──── pod (a switch) ──── guest", nil
	case scenarios.NetworkBridge:
		return "guest and peer are on one link, in the place of the pod", "peer ──── pod (a bridge) ──── guest", nil
	case scenarios.NetworkMasquerade:
		return "the pod translates its address to the guest's", "peer ──── pod ══ NAT ══ guest", nil
	}
	release, err := sim.Release(sc)
	if err != nil {
		return "", "", err
	}
	program := "simulated"
	if b := lab.Backend(); b.Real() {
		release.Name, program = b.Release, b.Program
		if as := b.Behaves(); as != b.Release {
			program += ", newer than the last known release, taken as " + as
		}
	}
	return fmt.Sprintf("passt %s (%s) stands between pod and guest", release, program), "peer ──── pod ══ passt ══ guest", nil
}

// listens shows what works for the roles whose servers listen otherwise than the lab's own.
func listens(w io.Writer, sc *scenarios.Scenario, table probe.Table) {
	for _, role := range sc.Roles {
		l := sc.Listener(role)
		if l.Default() {
			continue
		}
		fmt.Fprintf(w, "\nAS %s\tADDRESS\t%s\tWORKS\n", strings.ToUpper(string(role)), strings.ToUpper(strings.Join(columns(l), "\t")))
		for _, r := range table {
			works := "no"
			if r.Works(l) {
				works = "yes"
			}
			var cells []string
			for _, p := range l.Ports {
				cells = append(cells, string(r.Ports[p].In))
			}
			if len(cells) == 0 {
				cells = []string{r.InBound.String()}
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Origin, r.Address, strings.Join(cells, "\t"), works)
			for _, p := range l.Ports {
				for _, from := range table {
					if o, ok := r.Ports[p].After[from.Address.Addr()]; ok && o != r.Ports[p].In {
						fmt.Fprintf(w, "\t  after the guest sent from %s, at %s: %s\n", from.Origin, p, o)
					}
				}
			}
		}
	}
}

// columns are the headings for what decides.
func columns(l scenarios.Listener) (words []string) {
	bound := ""
	if l.Bound() {
		bound = ", bound"
	}
	for _, p := range l.Ports {
		words = append(words, string(p)+bound)
	}
	if len(words) == 0 {
		words = []string{"in" + bound}
	}
	return words
}

// origin returns the origin of an address, by the table or by its kind.
func origin(table probe.Table, namespace string, a selector.Address) string {
	if r, ok := table.Row(a.Prefix.Addr()); ok && namespace == "guest" {
		return string(r.Origin)
	}
	switch ip := a.Prefix.Addr(); {
	case ip.IsLoopback():
		return "loopback"
	case ip.IsLinkLocalUnicast():
		return "link-local"
	}
	return "lab"
}
