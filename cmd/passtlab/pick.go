package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/pick"
	"github.com/passtlab/passtlab/suites/replica"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

type pickFlags struct {
	asked
	format       format
	from         []string
	node         string
	role, target string
	config       configFlags
	talos        talosConfig
}

func pickCommand() *cobra.Command {
	var f pickFlags
	c := &cobra.Command{
		Use:   "pick",
		Short: "Show what selectors would pick on a node and why",
		Long: `Pick asks selectors about this node, or about a node whose addresses are in a
file: the output of ip address in any form (also -6, -o, -d, -s, -br, -c, -j, and only
the lines that grep inet6 finds), of passtlab observe, or of talosctl get addresses as
table or with -o yaml or -o json, or /proc/net/if_inet6. It takes what people paste: prompts, Markdown, HTML, quotes,
colours and wrapped lines may stand around the output, and it shows all nodes in the
file one after the other, as JSON one object each. It names what the file does not
say, and does not ask a selector that needs it.

Programs (--exec, and those of the catalogue that read the kernel) are asked about a
file in a replica of the node: a network namespace that gets the file's links,
addresses, flags, lifetimes and order, and its routes, without passt. Nobody answers
there, so what a program learns by dialling is not known. The output says what was
assumed because the file does not say it, and what the kernel did not set up. The
namespace is gone when pick ends. The selector kernel is asked in it, too, if you name
it and give a --target. All other selectors need no rights and no namespace.

The file, or another --from, may also have:
  ip -6 route                                      the routes
  talosctl get nodeaddresses, nodeip, etcdspec     what Talos itself says, which pick
      compares with what its model predicts: talos-v1 or talos-v2, whichever the
      node uses
  kubectl get node -o yaml or -o json              what Kubernetes says, which pick
      compares with the picks

Where no subnets are given, talos-* are asked with those that Talos takes by default.
Its services are IPv4 only: for a node without IPv4 addresses they are fd00:96::/112.
--talos-config reads all from a machine configuration, and other flags change it. The
first time it builds Talos' own reader, for which it needs a go tool.

Exit status: 0; 1 a selector failed; 2 wrong usage or an unreadable file.`,
		Example: `  passtlab pick
  passtlab pick --from node1.json --role etcd
  ssh node1 ip address | passtlab pick --from -
  passtlab pick --from issue.md --node node1
  passtlab pick --from addresses.txt --from node1.yaml
  talosctl -n NODE get addresses -o yaml | passtlab pick --from - --service-subnet fd00:96::/112
  for r in addresses nodeaddresses nodeip; do talosctl -n A,B get $r -o json; done | passtlab pick --from - --node A
  passtlab pick --from node1.json --selector flannel --exec 'mine=./pick -6'
  passtlab pick --from node1.json --talos-config controlplane.yaml
  passtlab pick --from - --selector talos-v1 --valid-subnet ::/0 --valid-subnet '!fd01:cafe::/64'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	f.asked.add(fs)
	fs.StringArrayVar(&f.from, "from", nil, "read the node's addresses from `FILE`, - for standard input; repeat it for what belongs together")
	fs.StringVar(&f.node, "node", "", "of the nodes in the file, show the one called `NAME`")
	fs.StringVar(&f.role, "role", "", fmt.Sprintf("`ROLE`: who wants the address, one of %v; node is for /etc/hosts and the host name, kubelet for the Node object (default: the file's, else %s)", scenarios.Roles(), defaultRole))
	fs.StringVar(&f.target, "target", "", "the `ADDRESS` of another node, on which the kernel's own selection depends")
	f.format.add(c, "text", "json")
	f.config.add(c)
	f.talos.add(fs)
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
	if err := f.talos.load(c); err != nil {
		return err
	}
	// Before standard input is read: a user namespace means to begin anew.
	if f.replicates(sels) {
		return withRights(c, func() error { return f.show(c, sels) })
	}
	return f.show(c, sels)
}

// replicates reports whether selectors are asked in replicas of nodes. The selector kernel
// is only if somebody names it, so that all built-in ones can be asked without rights.
func (f *pickFlags) replicates(sels []selector.Selector) bool {
	return len(f.from) > 0 && len(f.names)+len(f.programs) > 0 &&
		slices.ContainsFunc(sels, func(s selector.Selector) bool { return s.Traits().Kernel })
}

func (f *pickFlags) show(c *cobra.Command, sels []selector.Selector) error {
	reports, err := f.reports(c, sels)
	if err != nil {
		return err
	}
	for i, r := range reports {
		if i > 0 && f.format.value != string(report.FormatJSON) {
			fmt.Fprintln(c.OutOrStdout())
		}
		if err := f.format.print(c, r, r.WriteText); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(reports, pick.Report.Failed) {
		return exit(report.StatusFail)
	}
	return nil
}

// reports asks the selectors about this node, or about those in the file.
func (f *pickFlags) reports(c *cobra.Command, sels []selector.Selector) ([]pick.Report, error) {
	if len(f.from) == 0 {
		if f.node != "" {
			return nil, errors.New("--node: the nodes are those of a file, want --from FILE too")
		}
		o, err := observe.Read(selector.Here)
		if err != nil {
			return nil, labFailed(err)
		}
		if err := f.configure(&o); err != nil {
			return nil, err
		}
		return []pick.Report{pick.Live(c.Context(), o, sels)}, nil
	}
	name, nodes, err := readSaved(f.from, c.InOrStdin())
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	if nodes, err = only(f.node, name, nodes); err != nil {
		return nil, err
	}
	var reports []pick.Report
	var replicate pick.Replicate
	if f.replicates(sels) {
		replicate = newReplica
	}
	for _, s := range nodes {
		if err := f.configure(&s.Observation); err != nil {
			return nil, err
		}
		s.Algorithm = cmp.Or(s.Algorithm, f.talos.algorithm()) // what the node says goes first
		r, err := pick.Replicated(c.Context(), name, s, sels, replicate)
		if err != nil {
			return nil, labFailed(err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}

func newReplica(ctx context.Context, o selector.Observation) (*pick.Replica, error) {
	r, err := replica.New(ctx, o)
	if err != nil {
		return nil, err
	}
	return &pick.Replica{Guest: r.NS, Assumed: r.Assumed, Differs: r.Differs, Original: r.Original, Close: r.Close}, nil
}

// only returns the node with this name, or all nodes if the name is empty.
func only(node, file string, nodes []observe.Saved) ([]observe.Saved, error) {
	if node == "" {
		return nodes, nil
	}
	var names []string
	for _, s := range nodes {
		if s.Node == node {
			return []observe.Saved{s}, nil
		}
		names = append(names, fmt.Sprintf("%q", s.Node))
	}
	return nil, fmt.Errorf("--node: %s has no node %q, only %s", file, node, strings.Join(names, ", "))
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
	f.talos.set(&o.Config)
	return f.config.set(&o.Config)
}

// readSaved reads files, of which - is standard input. It returns their names for people,
// too.
func readSaved(paths []string, stdin io.Reader) (string, []observe.Saved, error) {
	var names []string
	var files []observe.File
	for _, path := range paths {
		name, in := path, stdin
		if path == "-" {
			name = "standard input"
		} else {
			file, err := os.Open(path)
			if err != nil {
				return "", nil, err
			}
			defer file.Close()
			in = file
		}
		data, err := io.ReadAll(io.LimitReader(in, observe.MaxSize+1))
		if err != nil {
			return "", nil, fmt.Errorf("read %s: %w", name, err)
		}
		files = append(files, observe.File{Name: name, Data: data})
		names = append(names, name)
	}
	s, err := observe.ParseFiles(files...)
	return strings.Join(names, ", "), s, err
}
