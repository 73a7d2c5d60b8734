package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/passtlab/passtlab/internal/near"
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
	talos    string   // --talos
}

func (a *asked) add(fs *pflag.FlagSet) {
	fs.StringArrayVar(&a.names, "selector", nil, "ask the selector `NAME`, built in, or NAME, NAME@VERSION or NAME@DIR of the catalogue, DIR a checkout; may be repeated")
	fs.StringArrayVar(&a.programs, "exec", nil, "ask a program: `'NAME=PROGRAM ARG...'`, quoted as for a shell; may be repeated")
}

func (a *asked) addWatches(fs *pflag.FlagSet) {
	fs.StringVar(&a.talos, "talos", "", "ask Talos' own controllers from the checkout in the folder `DIR`: --selector talos@DIR")
	fs.StringArrayVar(&a.watches, "exec-watch", nil, "start a program once in each guest; each line that it prints is its choice from then on: `'NAME=PROGRAM ARG...'`; may be repeated")
	fs.StringArrayVar(&a.ordered, "kernel-order", nil, "the rule of the program `NAME` of --exec is the kernel's order of addresses, so its choice may depend on that; may be repeated")
}

// selectors returns the selectors that the flags name, or all built-in ones, and the
// flags of each by its name.
func (a asked) selectors(c *cobra.Command, opts command.Options) (sels []selector.Selector, flags map[string][]string, err error) {
	if a.talos != "" {
		a.names = append(a.names, "talos@"+filepath.Clean(a.talos)+"/")
	}
	if len(a.names)+len(a.programs)+len(a.watches) == 0 {
		a.names = names(builtin.All())
	}
	var errs []error
	flags = map[string][]string{}
	add := func(flag, value string, s selector.Selector, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
			return
		}
		sels = append(sels, s)
		flags[s.Name()] = []string{flag, value}
	}
	release := catchSignals(c) // an interrupted build cleans up
	for _, n := range a.names {
		found, checkout, err := named(c, n, opts)
		for _, s := range found {
			value := s.Name()
			if checkout {
				value = n // the version says nothing about where it is
			}
			add("--selector", value, s, nil)
		}
		if err != nil {
			add("--selector", n, nil, err)
		}
	}
	if err := release(); err != nil {
		return nil, nil, err
	}
	for _, p := range a.programs {
		o := opts
		name, _, _ := strings.Cut(p, "=")
		o.KernelOrder = slices.Contains(a.ordered, name)
		s, err := parseProgram(p, o)
		add("--exec", p, s, err)
		if _, ok := flags[name]; ok && o.KernelOrder {
			flags[name] = append(flags[name], "--kernel-order", name)
		}
	}
	for _, p := range a.watches {
		o := opts
		o.Watch = true
		s, err := parseProgram(p, o)
		add("--exec-watch", p, s, err)
	}
	for _, n := range a.ordered {
		if _, ok := flags[n]; !ok && len(errs) == 0 || ok && flags[n][0] != "--exec" {
			errs = append(errs, fmt.Errorf("--kernel-order: no --exec is called %q", n))
		}
	}
	return sels, flags, errors.Join(errs...)
}

// parseProgram returns a program as a selector. Its name must not be a built-in one.
func parseProgram(p string, opts command.Options) (selector.Selector, error) {
	s, err := command.Parse(p, opts)
	if err == nil && slices.Contains(names(builtin.All()), s.Name()) {
		err = fmt.Errorf("%s is the name of a built-in selector; take another", s.Name())
	}
	return s, err
}

// named returns the built-in selector of that name, or one of the catalogue at one or
// more versions, or from a checkout. It builds those that the cache lacks.
func named(c *cobra.Command, name string, opts command.Options) (sels []selector.Selector, checkout bool, err error) {
	if s, err := builtin.Get(name); err == nil {
		return []selector.Selector{s}, false, nil
	}
	ps, err := catalogue.FindAll(name)
	if errors.Is(err, catalogue.ErrUnknown) {
		return nil, false, cmp.Or(notOfCatalogue(name), unknownSelector(name))
	}
	errs := []error{err}
	for _, p := range ps {
		checkout = p.Dir != ""
		s, err := builder(c.ErrOrStderr()).Selector(c.Context(), p, opts)
		if err == nil {
			sels = append(sels, s)
		}
		errs = append(errs, err)
	}
	return sels, checkout, errors.Join(errs...)
}

// notOfCatalogue says why the catalogue does not have a built-in selector, and which
// names of it begin alike. It is nil for others.
func notOfCatalogue(spec string) error {
	name, _, _ := strings.Cut(spec, "@")
	if _, err := builtin.Get(name); err != nil {
		return nil
	}
	es, err := catalogue.All()
	alike := ""
	first, _, _ := strings.Cut(name, "-")
	for _, e := range es {
		if is, _, _ := strings.Cut(e.Name, "-"); is == first {
			alike += fmt.Sprintf(", %s@%s..%s", e.Name, e.Versions[0], e.Newest())
		}
	}
	if alike != "" {
		alike = "; the catalogue has" + alike[1:]
	}
	return errors.Join(err, fmt.Errorf("find selector %q: %s is built in: it has no versions, is not built, and is named without @%s", spec, name, alike))
}

// find finds a selector of the catalogue.
func find(spec string) (catalogue.Pinned, error) {
	p, err := catalogue.Find(spec)
	if errors.Is(err, catalogue.ErrUnknown) {
		err = cmp.Or(notOfCatalogue(spec), err)
	}
	return p, err
}

func unknownSelector(name string) error {
	known := names(builtin.All())
	es, err := catalogue.All()
	for _, e := range es {
		known = append(known, e.Name)
	}
	name, _, _ = strings.Cut(name, "@")
	return errors.Join(err, fmt.Errorf("find selector %q: %w%s; passtlab list and passtlab selectors show all",
		name, builtin.ErrUnknown, near.Hint(name, known)))
}

func names(sels []selector.Selector) (names []string) {
	for _, s := range sels {
		names = append(names, s.Name())
	}
	return names
}
