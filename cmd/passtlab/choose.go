package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

// chosen are the scenarios of a command line.
type chosen struct {
	scenarios []*scenarios.Scenario
	args      map[string]string // by id: an argument that names it
}

// choose finds the scenarios that arguments name: a file, FILE#ID for one of
// several in a file, an id, the id in a file that stands for several, label:NAME. No argument is the whole corpus.
// What several arguments name is run once.
func choose(args []string) (chosen, error) {
	// A broken file of the corpus does not keep others from being run.
	isFile := func(arg string) bool {
		return strings.HasSuffix(arg, ".yaml") || strings.Contains(arg, ".yaml#") || strings.Contains(arg, "/")
	}
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
	path, id, one := strings.Cut(path, "#")
	scs, err := scenarios.LoadFile(path, sim.Check)
	if err != nil {
		return err
	}
	for _, sc := range scs {
		arg := path
		if len(scs) > 1 {
			arg += "#" + sc.ID
		}
		if !one || sc.ID == id {
			c.add(arg, sc)
		}
	}
	if one && !slices.ContainsFunc(scs, func(sc *scenarios.Scenario) bool { return sc.ID == id }) {
		return fmt.Errorf("%s stands for no scenario %q; it has %s", path, id, ids(scs))
	}
	return nil
}

// ids lists the ids of scenarios.
func ids(scs []*scenarios.Scenario) string {
	var all []string
	for _, sc := range scs {
		all = append(all, sc.ID)
	}
	return strings.Join(all, ", ")
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
	found := scenarios.Find(corpus, id)
	if len(found) == 0 {
		var ids []string
		for _, sc := range corpus {
			ids = append(ids, sc.ID, sc.Family)
		}
		return fmt.Errorf("no scenario is called %q%s; passtlab list shows all", id, near.Hint(id, ids))
	}
	c.add("", found...)
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
