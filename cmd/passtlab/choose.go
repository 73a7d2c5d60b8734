package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
)

// chosen are the scenarios of a command line.
type chosen struct {
	scenarios []*scenarios.Scenario
	args      map[string]string // by id: the argument that names it alone
}

// choose finds the scenarios that arguments name: a file, an id, label:NAME.
// No argument is the whole corpus. What several arguments name is run once.
func choose(args []string) (chosen, error) {
	// A broken file of the corpus does not keep others from being run.
	isFile := func(arg string) bool { return strings.HasSuffix(arg, ".yaml") || strings.Contains(arg, "/") }
	var corpus []*scenarios.Scenario
	if len(args) == 0 || slices.ContainsFunc(args, func(arg string) bool { return !isFile(arg) }) {
		var err error
		if corpus, err = scenarios.Corpus(); err != nil {
			return chosen{}, fmt.Errorf("the corpus that this program was built with is broken; mend the file and build again:\n%w", err)
		}
	}
	c := chosen{args: map[string]string{}}
	if len(args) == 0 {
		c.add("", corpus...)
		return c, nil
	}
	var errs []error
	for _, arg := range args {
		label, isLabel := strings.CutPrefix(arg, "label:")
		var err error
		switch {
		case isLabel:
			err = c.addLabel(label, corpus)
		case isFile(arg):
			err = c.addFile(arg)
		default:
			err = c.addID(arg, corpus)
		}
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

func (c *chosen) add(arg string, scs ...*scenarios.Scenario) {
	for _, sc := range scs {
		if !slices.Contains(c.scenarios, sc) {
			c.scenarios = append(c.scenarios, sc)
		}
		if arg == "" {
			c.args[sc.ID] = sc.ID
		} else {
			c.args[sc.ID] = arg
		}
	}
}

func (c *chosen) addFile(path string) error {
	sc, err := scenarios.LoadFile(path, sim.Check)
	if err != nil {
		return err
	}
	c.add(path, sc)
	return nil
}

func (c *chosen) addLabel(label string, corpus []*scenarios.Scenario) error {
	var some bool
	for _, sc := range corpus {
		if slices.Contains(sc.Labels, label) {
			c.add("", sc)
			some = true
		}
	}
	if !some {
		return fmt.Errorf("no scenario has the label %q%s", label, near.Hint(label, labels(corpus)))
	}
	return nil
}

func (c *chosen) addID(id string, corpus []*scenarios.Scenario) error {
	i := slices.IndexFunc(corpus, func(sc *scenarios.Scenario) bool { return sc.ID == id })
	if i < 0 {
		var ids []string
		for _, sc := range corpus {
			ids = append(ids, sc.ID)
		}
		return fmt.Errorf("no scenario is called %q%s; passtlab list shows all", id, near.Hint(id, ids))
	}
	c.add("", corpus[i])
	return nil
}

// labels returns the labels of the scenarios, sorted.
func labels(scs []*scenarios.Scenario) []string {
	var all []string
	for _, sc := range scs {
		all = append(all, sc.Labels...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// selectors returns the selectors that --selector and --exec name, or all
// built-in ones, and by name the flag that asks for each.
func selectors(c *cobra.Command, names, programs []string, opts command.Options) ([]selector.Selector, map[string][]string, error) {
	if len(names)+len(programs) == 0 {
		for _, s := range builtin.All() {
			names = append(names, s.Name())
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
	names, err := expand(names)
	if err != nil {
		return nil, nil, fmt.Errorf("--selector: %w", err)
	}
	for _, n := range names {
		s, err := named(c, n, opts)
		if err == nil {
			n = s.Name() // with the version
		}
		add("--selector", n, s, err)
	}
	for _, p := range programs {
		s, err := command.Parse(p, opts)
		if err == nil && slices.ContainsFunc(builtin.All(), func(b selector.Selector) bool { return b.Name() == s.Name() }) {
			err = fmt.Errorf("%s is the name of a built-in selector; take another", s.Name())
		}
		add("--exec", p, s, err)
	}
	return sels, flags, errors.Join(errs...)
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
