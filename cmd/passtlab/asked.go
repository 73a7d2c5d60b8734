package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
)

// asked are the flags that name selectors.
type asked struct {
	names    []string // --selector
	programs []string // --exec
	watches  []string // --exec-watch
	ordered  []string // --kernel-order
}

func (a *asked) add(fs *pflag.FlagSet) {
	fs.StringArrayVar(&a.names, "selector", nil, "ask the selector `NAME`, built in or, as NAME@VERSION too, from the catalogue; may be repeated")
	fs.StringArrayVar(&a.programs, "exec", nil, "ask a program: `'NAME=PROGRAM ARG...'`, quoted as for a shell; may be repeated")
}

func (a *asked) addWatches(fs *pflag.FlagSet) {
	fs.StringArrayVar(&a.watches, "exec-watch", nil, "start a program once in each guest, whose every line is its choice from then on: `'NAME=PROGRAM ARG...'`; may be repeated")
	fs.StringArrayVar(&a.ordered, "kernel-order", nil, "the program `NAME` of --exec goes by the kernel's order of addresses, and is judged for that apart; may be repeated")
}

// selectors returns the selectors asked for, or all built-in ones, and by name
// the flags that ask for each.
func (a asked) selectors(c *cobra.Command, opts command.Options) ([]selector.Selector, map[string][]string, error) {
	if len(a.names)+len(a.programs)+len(a.watches) == 0 {
		for _, s := range builtin.All() {
			a.names = append(a.names, s.Name())
		}
	}
	var sels []selector.Selector
	var errs []error
	flags := map[string][]string{}
	add := func(flag, value string, s selector.Selector, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
			return
		}
		sels = append(sels, s)
		flags[s.Name()] = []string{flag, value}
	}
	names, err := expand(a.names)
	if err != nil {
		return nil, nil, fmt.Errorf("--selector: %w", err)
	}
	release := catchSignals(c) // a build that is interrupted cleans up
	for _, n := range names {
		s, err := named(c, n, opts)
		if err == nil {
			n = s.Name() // with the version
		}
		add("--selector", n, s, err)
	}
	if err := release(); err != nil {
		return nil, nil, err
	}
	for _, p := range a.programs {
		o := opts
		name, _, _ := strings.Cut(p, "=")
		o.KernelOrder = slices.Contains(a.ordered, name)
		s, err := command.Parse(p, o)
		add("--exec", p, s, errors.Join(err, taken(s, err)))
		if _, ok := flags[name]; ok && o.KernelOrder {
			flags[name] = append(flags[name], "--kernel-order", name)
		}
	}
	for _, p := range a.watches {
		o := opts
		o.Watch = true
		s, err := command.Parse(p, o)
		add("--exec-watch", p, s, errors.Join(err, taken(s, err)))
	}
	for _, n := range a.ordered {
		if _, ok := flags[n]; !ok && len(errs) == 0 || ok && flags[n][0] != "--exec" {
			errs = append(errs, fmt.Errorf("--kernel-order: no --exec is called %q", n))
		}
	}
	return sels, flags, errors.Join(errs...)
}

// taken refuses the name of a built-in selector for a program.
func taken(s selector.Selector, err error) error {
	if err == nil && slices.ContainsFunc(builtin.All(), func(b selector.Selector) bool { return b.Name() == s.Name() }) {
		return fmt.Errorf("%s is the name of a built-in selector; take another", s.Name())
	}
	return nil
}

// expand writes out selectors of the catalogue that are given with a range or a
// list of versions.
func expand(names []string) (all []string, err error) {
	for _, n := range names {
		if _, versions, _ := strings.Cut(n, "@"); !strings.Contains(versions, "..") && !strings.Contains(versions, ",") {
			all = append(all, n)
			continue
		}
		ps, err := catalogue.FindAll(n)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			all = append(all, p.String())
		}
	}
	return all, nil
}
