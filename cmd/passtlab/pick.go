package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/pick"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

type pickFlags struct {
	asked
	format             format
	from, role, target string
	config             configFlags
}

func pickCommand() *cobra.Command {
	var f pickFlags
	c := &cobra.Command{
		Use:   "pick",
		Short: "Show what selectors would pick on a node and why",
		Long: `Pick asks selectors about this node, or about a node whose addresses are in a
file: the output of passtlab observe, talosctl get addresses -o yaml, or
talosctl get addresses. It needs no rights and builds no lab.

Exit status: 0; 1 a selector failed; 2 wrong usage or an unreadable file.`,
		Example: `  passtlab pick
  passtlab pick --from node1.json --role etcd
  talosctl -n NODE get addresses -o yaml | passtlab pick --from -
  passtlab pick --from - --selector talos-v1 --valid-subnet ::/0 --valid-subnet '!fd01:cafe::/64'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	f.asked.add(fs)
	fs.StringVar(&f.from, "from", "", "read the node's addresses from `FILE`, - for standard input")
	fs.StringVar(&f.role, "role", "", fmt.Sprintf("`ROLE`: who wants the address, one of %v (default: the file's, else %s)", scenarios.Roles(), defaultRole))
	fs.StringVar(&f.target, "target", "", "the `ADDRESS` of another node, on which the kernel's own selection depends")
	f.format.add(c, "text", "json")
	f.config.add(c)
	return c
}

func (f *pickFlags) run(c *cobra.Command) error {
	if err := f.format.check(); err != nil {
		return err
	}
	sels, _, err := f.selectors(c, command.Options{})
	if err != nil {
		return err
	}
	var r pick.Report
	if f.from == "" {
		o, err := observe.Read(selector.Here)
		if err != nil {
			return labFailed(err)
		}
		if err := f.configure(&o); err != nil {
			return err
		}
		r = pick.Live(c.Context(), o, sels)
	} else {
		name, saved, err := readSaved(f.from, c.InOrStdin())
		if err != nil {
			return fmt.Errorf("--from: %w", err)
		}
		if err := f.configure(&saved.Observation); err != nil {
			return err
		}
		r = pick.Saved(c.Context(), name, saved, sels)
	}
	if err := f.format.print(c, r, r.WriteText); err != nil {
		return err
	}
	if r.Failed() {
		return exit(report.StatusFail)
	}
	return nil
}

func (f *pickFlags) configure(o *selector.Observation) error {
	switch {
	case f.role != "":
		o.Role = f.role
	case o.Role == "":
		o.Role = defaultRole
	}
	if err := checkRole(o.Role); err != nil {
		return err
	}
	if f.target != "" {
		a, err := netip.ParseAddr(f.target)
		if err != nil {
			return fmt.Errorf("--target: %w", err)
		}
		o.Target = a
	}
	return f.config.set(&o.Config)
}

func readSaved(path string, stdin io.Reader) (string, observe.Saved, error) {
	if path == "-" {
		s, err := observe.Load("stdin", stdin)
		return "standard input", s, err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", observe.Saved{}, err
	}
	defer file.Close()
	s, err := observe.Load(path, file)
	return path, s, err
}
