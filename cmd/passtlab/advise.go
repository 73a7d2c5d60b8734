package main

import (
	"context"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/advise"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

type adviseFlags struct {
	format           format
	pod, mac, prefix string
	noLab            bool
	config           configFlags
	lab              advise.Lab // for tests; nil: real labs
}

func newAdvise(lab advise.Lab) *cobra.Command {
	f := adviseFlags{lab: lab}
	c := &cobra.Command{
		Use:   "advise --pod-address ADDRESS --mac MAC",
		Short: "Predict which address a Talos node behind passt picks, and print patches that make it pick the right one",
		Long: `Advise predicts the SLAAC address of a guest from its fixed MAC, shows which
address each of Talos' algorithms picks, and prints patches of the machine
configuration that avoid a wrong pick. It checks each patch in labs first.

Exit status: 0; 1 a patch failed its check, or none helps; 2 wrong usage;
3 a lab failed.`,
		Example: `  passtlab advise --pod-address fd01:cafe::f14c:9fa1:8496:557f --mac 52:54:00:1f:c7:bd`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	fs.StringVar(&f.pod, "pod-address", "", "the pod's `ADDRESS`, which passt leases to the guest")
	fs.StringVar(&f.mac, "mac", "", "the guest's `MAC`")
	fs.StringVar(&f.prefix, "prefix", "", "the `PREFIX` in which the guest forms its SLAAC address (default: the /64 of the pod address)")
	f.format.add(c, "text", "json")
	fs.BoolVar(&f.noLab, "no-lab", false, "print patches without checking them in a lab")
	f.config.addSubnets(c)
	_ = c.MarkFlagRequired("pod-address")
	_ = c.MarkFlagRequired("mac")
	return c
}

func (f *adviseFlags) run(c *cobra.Command) error {
	if err := f.format.check(); err != nil {
		return err
	}
	in, err := advise.Parse(f.pod, f.mac, f.prefix)
	if err != nil {
		return err
	}
	var cfg selector.Config
	if err := f.config.set(&cfg); err != nil {
		return err
	}
	in.PodSubnets, in.ServiceSubnets = cfg.PodSubnets, cfg.ServiceSubnets
	a, err := advise.New(in)
	if err != nil {
		return err
	}
	switch {
	case f.noLab:
		a.Trust()
		return f.print(c, a)
	case f.lab != nil:
		return f.check(c, a, f.lab)
	}
	return withRights(c, func() error { return f.check(c, a, inLabs) })
}

func (f *adviseFlags) check(c *cobra.Command, a *advise.Advice, lab advise.Lab) error {
	if err := a.Check(c.Context(), lab); err != nil {
		return labFailed(err)
	}
	return f.print(c, a)
}

func (f *adviseFlags) print(c *cobra.Command, a *advise.Advice) error {
	if err := f.format.print(c, a, a.WriteText); err != nil {
		return labFailed(err)
	}
	if a.Failed() || !a.Given() {
		return exit(report.StatusFail)
	}
	return nil
}

// inLabs is the advise.Lab of package run.
func inLabs(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
	return run.All(ctx, run.Config{Scenarios: scs, Selectors: sels})
}
