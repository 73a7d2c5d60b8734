package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/advise"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

type adviseFlags struct {
	format           format
	pod, mac, prefix string
	addrGen          string
	version          string
	output, patch    string
	noLab            bool
	config           configFlags
	talos            talosConfig
	lab              advise.Lab // for tests; nil: real labs
}

func newAdvise(lab advise.Lab) *cobra.Command {
	f := adviseFlags{lab: lab}
	c := &cobra.Command{
		Use:   "advise --pod-address ADDRESS --mac MAC",
		Short: "Predict which address a Talos node behind passt picks, and print patches that make it pick the right one",
		Long: `Advise predicts the SLAAC address of a guest from its fixed MAC, shows which
address each of Talos' algorithms picks, and prints patches of the machine
configuration that avoid a wrong pick. It checks each patch in labs first, with
Talos itself if a release of that version is built ("passtlab selectors build
talos@VERSION talos-with-v2@VERSION"), else with passtlab's models of Talos.

A patch is a file for each machine type, which talosctl's --config-patch @FILE
accepts. --output writes the files of one patch.

Where no subnets are given, the node has those that Talos takes by default:
services 10.96.0.0/12, pods 10.244.0.0/16. Then kubelet takes no IPv6 address.
--talos-config reads subnets, subnet filters and whether DHCPv6 is on from a
machine configuration, and flags replace what it has.

Exit status: 0; 1 a patch failed its check, or none helps; 2 wrong usage;
3 a lab failed.`,
		Example: `  passtlab advise --pod-address fd01:cafe::f14c:9fa1:8496:557f --mac 52:54:00:1f:c7:bd \
    --service-subnet fd00:96::/112 --pod-subnet fd00:244::/56 --output patches
  talosctl gen config … --config-patch-control-plane @patches/controlplane.yaml --config-patch-worker @patches/worker.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	fs.StringVar(&f.pod, "pod-address", "", "the pod's `ADDRESS`, which passt leases to the guest; with the prefix length of the range that pods get theirs from, if that is not 64")
	fs.StringVar(&f.mac, "mac", "", "the guest's `MAC`")
	fs.StringVar(&f.prefix, "prefix", "", "the `PREFIX` in which the guest forms its SLAAC address (default: the /64 of the pod address)")
	fs.StringVar(&f.addrGen, "addr-gen", string(advise.EUI64), fmt.Sprintf("`HOW` the guest's kernel makes interface identifiers: one of %v", advise.AddrGens()))
	fs.StringVar(&f.version, "talos-version", advise.Newest.String(), "the `VERSION` of Talos, such as v1.13 or v1.13.9, whose configuration is patched")
	fs.StringVar(&f.output, "output", "", "write the patch into the folder `DIR`, as controlplane.yaml and worker.yaml, which must not be there")
	fs.StringVar(&f.patch, "patch", "", fmt.Sprintf("the `PATCH` that --output writes, one of %v (default: the first that helps)", advise.PatchNames()))
	f.format.add(c, "text", "json")
	fs.BoolVar(&f.noLab, "no-lab", false, "print patches without checking them in a lab")
	f.config.addSubnets(c)
	f.talos.add(fs)
	_ = c.MarkFlagRequired("pod-address")
	_ = c.MarkFlagRequired("mac")
	return c
}

func (f *adviseFlags) run(c *cobra.Command) error {
	in, err := f.input()
	if err != nil {
		return err
	}
	if err := f.talos.load(c); err != nil {
		return err
	}
	said := f.talos.settings
	in.Algorithm, in.KubeletNodeIP = talos.Algorithm(said.NodeAddressSortAlgorithm), said.KubeletNodeIP
	in.DHCPv6, in.Config = said.DHCPv6, selector.Config{
		PodSubnets: said.PodSubnets, ServiceSubnets: said.ServiceSubnets,
		ValidSubnets: said.ValidSubnets, AdvertisedSubnets: said.AdvertisedSubnets,
	}
	if err := f.config.set(&in.Config); err != nil {
		return err
	}
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

// input checks the flags as well.
func (f *adviseFlags) input() (in advise.Input, err error) {
	if err := f.format.check(); err != nil {
		return in, err
	}
	if err := oneOf("--addr-gen", f.addrGen, advise.AddrGens()); err != nil {
		return in, err
	}
	if f.patch != "" {
		if err := oneOf("--patch", f.patch, advise.PatchNames()); err != nil {
			return in, err
		}
		if f.output == "" {
			return in, errors.New("--patch: it says what --output writes; give both")
		}
	}
	version, err := advise.ParseVersion(f.version)
	if err != nil {
		return in, fmt.Errorf("--talos-version: %w", err)
	}
	if in, err = advise.Parse(f.pod, f.mac, f.prefix, advise.AddrGen(f.addrGen)); err != nil {
		return in, err
	}
	in.Version = version
	// Said before the labs, and not after them.
	for _, name := range advise.FileNames() {
		file := filepath.Join(f.output, name)
		if _, err := os.Lstat(file); f.output != "" && !errors.Is(err, fs.ErrNotExist) {
			return in, fmt.Errorf("--output: %s is there already; remove it, or name another folder", file)
		}
	}
	return in, nil
}

func oneOf[T ~string](flag, value string, words []T) error {
	var all []string
	for _, w := range words {
		all = append(all, string(w))
	}
	if slices.Contains(all, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is none of %v%s", flag, value, all, near.Hint(value, all))
}

func (f *adviseFlags) check(c *cobra.Command, a *advise.Advice, lab advise.Lab) error {
	itself, err := released(c.Context(), f.version)
	if err != nil {
		return err
	}
	if err := a.Check(c.Context(), lab, itself); err != nil {
		return labFailed(err)
	}
	return f.print(c, a)
}

func (f *adviseFlags) print(c *cobra.Command, a *advise.Advice) error {
	if err := f.format.print(c, a, a.WriteText); err != nil {
		return labFailed(err)
	}
	p, given := a.Given(f.patch)
	if given && f.output != "" {
		if err := write(f.output, p); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		fmt.Fprintf(c.ErrOrStderr(), "passtlab: wrote patch %q into %s\n", p.Name, f.output)
	}
	if a.Failed() || !given {
		return exit(report.StatusFail)
	}
	return nil
}

// write writes all files of a patch, or none.
func write(dir string, p advise.Patch) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var names []string
	var files []*outfile.File
	for _, f := range p.Files {
		name := filepath.Join(dir, f.Name)
		file, err := outfile.CreateNew(name)
		if err != nil {
			return err
		}
		defer file.Discard()
		if _, err := file.Write([]byte(f.YAML)); err != nil {
			return err
		}
		names, files = append(names, name), append(files, file)
	}
	return commitAll(names, files)
}

// commitAll commits new files, which have these names. If one fails, it removes those
// that it has created.
func commitAll(names []string, files []*outfile.File) error {
	for i, file := range files {
		if err := file.Commit(); err != nil {
			for _, created := range names[:i] {
				err = errors.Join(err, os.Remove(created))
			}
			return err
		}
	}
	return nil
}

// inLabs is the advise.Lab of package run.
func inLabs(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
	return run.All(ctx, run.Config{Scenarios: scs, Selectors: sels})
}
