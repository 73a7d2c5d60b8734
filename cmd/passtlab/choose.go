package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

type chosen struct {
	scenarios []*scenarios.Scenario
	args      map[string]string // by id: an argument that names it
}

// choose finds the scenarios that arguments name: a file, FILE#ID for one scenario of a
// family, an id of a scenario or of a family, label:NAME. Without arguments it returns
// the whole corpus. It returns each scenario once.
func choose(args []string) (chosen, error) {
	c := chosen{args: map[string]string{}}
	if len(args) == 0 {
		scs, err := corpus()
		c.add("", scs...)
		return c, err
	}
	var errs []error
	for _, arg := range args {
		label, isLabel := strings.CutPrefix(arg, "label:")
		var err error
		switch {
		case isLabel:
			err = c.addLabel(label)
		case strings.HasSuffix(arg, ".yaml"), strings.Contains(arg, ".yaml#"), strings.Contains(arg, "/"):
			err = c.addFile(arg)
		default:
			err = c.addID(arg)
		}
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// corpus reads the whole corpus; addID reads only one file.
var corpus = sync.OnceValues(func() ([]*scenarios.Scenario, error) {
	scs, err := scenarios.Corpus()
	return scs, broken(err)
})

// broken adds to an error that it is in the built-in corpus, not in the user's file.
func broken(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the corpus that this program was built with is broken; mend the file and build again:\n%w", err)
}

func (c *chosen) add(arg string, scs ...*scenarios.Scenario) {
	for _, sc := range scs {
		arg := cmp.Or(arg, sc.ID)
		if c.args[sc.ID] != arg {
			c.scenarios = append(c.scenarios, sc)
		}
		c.args[sc.ID] = arg
	}
}

func (c *chosen) addFile(path string) error {
	path, id, one := strings.Cut(path, "#")
	scs, err := scenarios.LoadFile(path, sim.Check)
	if err != nil {
		return err
	}
	found := false
	for _, sc := range scs {
		arg := path
		if len(scs) > 1 {
			arg += "#" + sc.ID
		}
		if !one || sc.ID == id {
			c.add(arg, sc)
			found = true
		}
	}
	if !found {
		return fmt.Errorf("%s stands for no scenario %q; it has %s", path, id, ids(scs))
	}
	return nil
}

func ids(scs []*scenarios.Scenario) string {
	var all []string
	for _, sc := range scs {
		all = append(all, sc.ID)
	}
	return strings.Join(all, ", ")
}

func (c *chosen) addLabel(label string) error {
	scs, err := corpus()
	if err != nil {
		return err
	}
	some := false
	for _, sc := range scs {
		if slices.Contains(sc.Labels, label) {
			c.add("", sc)
			some = true
		}
	}
	if !some {
		return fmt.Errorf("no scenario has the label %q%s", label, near.Hint(label, labels(scs)))
	}
	return nil
}

func (c *chosen) addID(id string) error {
	found, err := scenarios.Named(id)
	if err != nil {
		return broken(err)
	}
	c.add("", found...)
	if len(found) > 0 {
		return nil
	}
	scs, err := corpus()
	if err != nil {
		return err
	}
	var ids []string
	for _, sc := range scs {
		ids = append(ids, sc.ID, sc.Family)
	}
	return fmt.Errorf("no scenario is called %q%s; passtlab list shows all", id, near.Hint(id, ids))
}

func labels(scs []*scenarios.Scenario) []string {
	var all []string
	for _, sc := range scs {
		all = append(all, sc.Labels...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
