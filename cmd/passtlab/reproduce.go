package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/reproduce"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

type reproduceFlags struct {
	labFlags
	asked
	from         []string
	node, output string
	roles        []string
	podAddress   string
	network      string
	title        string
	references   []string
	config       configFlags
}

func reproduceCommand() *cobra.Command {
	var f reproduceFlags
	c := &cobra.Command{
		Use:   "reproduce --from FILE",
		Short: "Make a scenario of the addresses that somebody has pasted, and play it",
		Long: `Reproduce reads the addresses of a node from a file, as passtlab pick does, and makes
a scenario in which the guest gets the same ones in the same order. It plays the
scenario in a lab, compares the lab with the input, address by address, and shows what
each selector picks there and whether that works.

Comments in the scenario say what is of the input, what was guessed and why, and what
no scenario can reproduce. What works is measured. The failures of built-in selectors
are listed in the file, with a selector that passes and one that fails as its proof, so
that the file can be committed: passtlab validate --corpus FILE says what it lacks.

The pod's address, which passt leases, is the /128 in the input. Where there are
several, or none, --pod-address says which it is, and --vip which are virtual.

Exit status: 0 the scenario was made and played, also where built-in selectors fail in
it, and where the lab differs from the input; 1 a selector of --exec or of the catalogue
failed; 2 wrong usage, or an input of which no scenario can be made; 3 the lab failed.`,
		Example: `  passtlab reproduce --from paste.md
  passtlab reproduce --from paste.md --pod-address fd01:cafe::a --role etcd --output scenarios/field/mine.yaml
  kubectl debug node/n1 -q -it --image=nicolaka/netshoot -- ip -6 address | passtlab reproduce --from -
  passtlab reproduce --from node1.json --selector flannel --exec 'mine=./pick.sh -6'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	fs.StringArrayVar(&f.from, "from", nil, "read the node's addresses from `FILE`, - for standard input; repeat it for what belongs together")
	_ = c.MarkFlagRequired("from")
	fs.StringVar(&f.node, "node", "", "of the nodes in the file, take the one called `NAME`")
	fs.StringVar(&f.podAddress, "pod-address", "", "the pod's `ADDRESS`, which passt leases (default: the /128 of the input, or guessed)")
	fs.StringVar(&f.network, "network", string(scenarios.NetworkPasst), "`NETWORK`: passt, or lan, one link with the guest, its peers and routers on it")
	fs.StringArrayVar(&f.roles, "role", nil, fmt.Sprintf("`ROLE`: who wants the address, one of %v; may be repeated (default: the file's, else %s)", scenarios.Roles(), defaultRole))
	fs.StringVar(&f.output, "output", "", "write the scenario to a new `FILE`, whose name without .yaml is the id, in a folder that is made if need be; -: the scenario to standard output, and the rest to standard error")
	fs.StringVar(&f.title, "title", "", "the scenario's title, as `TEXT`")
	fs.StringArrayVar(&f.references, "reference", nil, "where the case comes from, as `URL` or owner/repository#number; may be repeated")
	f.asked.add(fs)
	f.config.add(c)
	f.labFlags.add(c)
	return c
}

func (f *reproduceFlags) run(c *cobra.Command) error {
	opts, file, err := f.options()
	if err != nil {
		return err
	}
	// Selectors are built before the labs, which may be in a namespace without a network.
	cfg, err := f.configOf(c, chosen{args: map[string]string{opts.ID: file}}, f.asked)
	if err != nil {
		return err
	}
	return f.withLabs(c, func() error { return f.reproduce(c, cfg, opts, file) })
}

// options returns what the flags say, and the name of the scenario's file.
func (f *reproduceFlags) options() (opts reproduce.Options, file string, err error) {
	if _, err := f.prepare(nil); err != nil { // checks the two flags below
		return opts, "", err
	}
	opts = reproduce.Options{Title: f.title, References: f.references, Release: f.passt, Client: scenarios.Client(f.client)}
	f.passt, f.client = "", "" // the scenario has them
	switch opts.Network = scenarios.Network(f.network); {
	case opts.Network != scenarios.NetworkPasst && opts.Network != scenarios.NetworkLAN:
		return opts, "", fmt.Errorf("--network: %q is neither passt nor lan", f.network)
	case opts.Network == scenarios.NetworkLAN && f.podAddress+opts.Release != "":
		return opts, "", errors.New("--network: a lan has neither --pod-address nor --passt")
	}
	for _, r := range f.roles {
		if err := checkRole(r); err != nil {
			return opts, "", err
		}
		opts.Roles = append(opts.Roles, scenarios.Role(r))
	}
	if f.podAddress != "" {
		if opts.PodAddress, err = netip.ParseAddr(f.podAddress); err != nil || !selector.IsCandidate(opts.PodAddress) {
			return opts, "", fmt.Errorf("--pod-address: %q is no global IPv6 address such as fd01:cafe::a", f.podAddress)
		}
	}
	if f.output == "" || standardOutput(f.output) {
		opts.ID = idOf(f.from[0])
		return opts, opts.ID + ".yaml", nil
	}
	id, ok := strings.CutSuffix(filepath.Base(f.output), ".yaml")
	if !ok || idOf(id) != id {
		return opts, "", fmt.Errorf("--output: the name of a scenario is an id of lower-case letters, digits and single hyphens, with .yaml, such as %s.yaml", idOf(id))
	}
	opts.ID = id
	if topic := filepath.Base(filepath.Dir(f.output)); idOf(topic) == topic {
		opts.Labels = []string{topic}
	}
	return opts, f.output, nil
}

// idOf makes an id of the name of a file.
func idOf(name string) string {
	name = filepath.Base(name)
	name = strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
	return cmp.Or(strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(name, "-"), "-"), "reproduced")
}

// input reads the one node of the file.
func (f *reproduceFlags) input(c *cobra.Command) (in reproduce.Input, err error) {
	name, nodes, err := readSaved(f.from, c.InOrStdin())
	if err != nil {
		return in, fmt.Errorf("--from: %w", err)
	}
	if nodes, err = only(f.node, name, nodes); err != nil {
		return in, err
	}
	if len(nodes) > 1 {
		return in, fmt.Errorf("--from: %s has several nodes; name one by --node: %s", name, nodeNames(nodes))
	}
	in = reproduce.Input{Name: name, Saved: nodes[0]}
	return in, f.config.set(&in.Observation.Config)
}

func nodeNames(nodes []observe.Saved) string {
	var names []string
	for _, s := range nodes {
		names = append(names, fmt.Sprintf("%q", s.Node))
	}
	return strings.Join(names, ", ")
}

// reproduce makes the scenario, writes it, and runs it as passtlab run does.
func (f *reproduceFlags) reproduce(c *cobra.Command, cfg run.Config, opts reproduce.Options, path string) error {
	in, err := f.input(c)
	if err != nil {
		return err
	}
	if role := in.Observation.Role; len(opts.Roles) == 0 && role != "" {
		opts.Roles = []scenarios.Role{scenarios.Role(role)}
	}
	var file *outfile.File
	if f.output != "" && !standardOutput(f.output) {
		_ = os.Mkdir(filepath.Dir(f.output), 0o755) // a new topic; what is wrong, creating the file says
		if file, err = outfile.CreateNew(f.output); errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s exists; remove it, or take another name", f.output)
		}
		if err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	}
	defer file.Discard()
	made, err := reproduce.Make(c.Context(), in, opts, path, cfg.Options)
	switch {
	case errors.Is(err, reproduce.ErrInput), errors.As(err, new(*sim.UnsupportedError)):
		return err
	case err != nil:
		return labFailed(err)
	}
	out := c.OutOrStdout()
	if file == nil {
		if _, err := fmt.Fprintf(out, "%s\n", made.Text); err != nil {
			return labFailed(err)
		}
		if f.output != "" {
			out = c.ErrOrStderr()
		}
	}
	if err := made.Write(out, file != nil); err != nil {
		return labFailed(err)
	}
	if file != nil {
		if _, err := file.Write(made.Text); err != nil {
			return labFailed(fmt.Errorf("--output: %w", err))
		}
		if err := file.Commit(); err != nil {
			return labFailed(fmt.Errorf("--output: %w", err))
		}
	}
	return f.judge(c, cfg, made, path, out)
}

// judge runs the scenario. What it lists as failures is known.
func (f *reproduceFlags) judge(c *cobra.Command, cfg run.Config, made reproduce.Made, path string, out io.Writer) error {
	cfg.Scenarios, cfg.KnownFailures = []*scenarios.Scenario{made.Scenario}, true
	rep, err := runLabs(c, cfg)
	if err != nil {
		return err
	}
	if err := rep.Write(bare(out), report.FormatTable, report.Style{Colour: colourful(out), All: true}); err != nil {
		return labFailed(err)
	}
	if f.output != "" && !standardOutput(f.output) {
		fmt.Fprintf(out, "\nwrote %s; next: passtlab validate --corpus %[1]s, and in passtlab's own corpus make e2e ID=%s\n", path, made.Scenario.ID)
	}
	return exit(rep.ExitStatus())
}
