package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
)

func selectorsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "selectors",
		Short: "List and build the third-party selectors of the catalogue",
		Args:  cobra.NoArgs,
	}
	list := selectorsListCommand()
	c.RunE = list.RunE
	c.Flags().AddFlagSet(list.Flags())
	c.AddCommand(list, selectorsBuildCommand())
	return c
}

func selectorsListCommand() *cobra.Command {
	var f format
	c := &cobra.Command{
		Use:   "list",
		Short: "List the catalogue: the module, the versions and the rule of each selector",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			es, err := catalogue.All()
			if err != nil {
				return err
			}
			return f.print(c, es, func(w io.Writer) error { return listSelectors(w, es) })
		},
	}
	f.add(c, "table", "json")
	return c
}

func listSelectors(w io.Writer, es []catalogue.Entry) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SELECTOR\tMODULE\tLICENCE\tVERSIONS")
	for _, e := range es {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.Name, e.Module, e.Licence, strings.Join(e.Versions, " "))
	}
	for _, e := range es {
		needs := ""
		if *e.DefaultRoute {
			needs = " Needs a default route."
		}
		fmt.Fprintf(t, "\n%s: %s.\n  %s%s\n", e.Name, e.Component, e.Rule, needs)
		for _, r := range e.Raise {
			fmt.Fprintf(t, "  %s is built with %s %s. %s\n", r.Versions, r.Module, r.To, r.Reason)
		}
	}
	return t.Flush()
}

func selectorsBuildCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "build [NAME[@VERSION|@DIR]]...",
		Short: "Build selectors into the cache, and print their paths",
		Long: `Build makes the programs for "passtlab run --selector NAME@VERSION" and prints
their paths. It needs the go tool, and a network for modules that the go tool has
not downloaded yet. Programs that are in the cache need neither. Build can build
any released version, and a checkout: NAME@DIR, where DIR is a path with a slash,
or ".". NAME alone is its newest version in the list; without arguments, build
builds all names.`,
		Example: `  passtlab selectors build
  passtlab selectors build flannel@v0.25.7 flannel@v0.28.4`,
		RunE: func(c *cobra.Command, args []string) error {
			ps, err := pins(args, all)
			if err != nil {
				return err
			}
			defer catchSignals(c)()
			var errs []error
			for _, p := range ps {
				file, err := builder(c.ErrOrStderr()).Build(c.Context(), p)
				if err != nil {
					errs = append(errs, err)
					if c.Context().Err() != nil {
						break
					}
					continue
				}
				fmt.Fprintln(c.OutOrStdout(), file)
			}
			return errors.Join(errs...)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "build all versions in the list, of all names or of the arguments")
	return c
}

// pins returns the selectors that specs name, or all.
func pins(specs []string, all bool) ([]catalogue.Pinned, error) {
	if len(specs) == 0 {
		es, err := catalogue.All()
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			specs = append(specs, e.Name)
		}
	}
	var ps []catalogue.Pinned
	var errs []error
	for _, spec := range specs {
		p, err := find(spec)
		switch {
		case err != nil:
			errs = append(errs, err)
		case all && !strings.Contains(spec, "@"):
			ps = append(ps, p.Pinned()...)
		default:
			ps = append(ps, p)
		}
	}
	return ps, errors.Join(errs...)
}

// builder builds adapters into the user's cache and logs that to w.
func builder(w io.Writer) adapters.Builder {
	return adapters.Builder{Building: func(p catalogue.Pinned) {
		from := p.Module + " " + p.Version
		if p.Dir != "" {
			from = p.Dir
		}
		fmt.Fprintf(w, "passtlab: building %s from %s\n", p, from)
	}}
}
