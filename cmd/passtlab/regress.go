package main

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

type regressFlags struct {
	labFlags
	selectors     []string
	before, after string // programs
	out           output
}

func newRegress(build run.Builder) *cobra.Command {
	f := regressFlags{labFlags: labFlags{build: build}}
	c := &cobra.Command{
		Use:   "regress (--selector NAME@A..B | --old PROGRAM --new PROGRAM) [SCENARIO.yaml | ID | label:NAME]...",
		Short: "Compare versions of a selector, each with the one before",
		Long: `Regress asks all versions of a selector in the same labs. For each step from one
version to the next it prints fixed failures, regressions, and other picks with
the same verdict.

Versions are a range of the catalogue (flannel@v0.25.7..v0.28.10), a list
(flannel@v0.25.7,v0.28.4), several --selector, or two programs. Programs have no
name here; they run as in passtlab run --exec.

Exit status: 0; 1 a regression that --expect does not list; 2 wrong usage; 3 a
lab failed.`,
		Example: `  passtlab regress --selector flannel@v0.25.7..v0.28.10
  passtlab regress --old './pick-main -6' --new './pick-branch -6' --format markdown label:core`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fs := c.Flags()
	fs.StringArrayVar(&f.selectors, "selector", nil, "compare `NAME@VERSIONS`, or NAME with that of another --selector")
	fs.StringVar(&f.before, "old", "", "the `PROGRAM` to compare with, quoted as for a shell")
	fs.StringVar(&f.after, "new", "", "the `PROGRAM` that is compared")
	f.out.add(c, "comparison", report.ComparisonFormats())
	f.add(c)
	f.addExpect(c)
	c.MarkFlagsRequiredTogether("old", "new")
	c.MarkFlagsMutuallyExclusive("selector", "old")
	c.MarkFlagsOneRequired("selector", "old")
	return c
}

func (f *regressFlags) run(c *cobra.Command, args []string) error {
	if err := f.out.check(); err != nil {
		return err
	}
	who := asked{names: f.selectors}
	if f.before != "" {
		if err := errors.Join(noSelector("--old", f.before), noSelector("--new", f.after)); err != nil {
			return err
		}
		who.programs = []string{"old=" + f.before, "new=" + f.after}
	}
	cfg, err := f.config(c, args, who)
	if err != nil {
		return err
	}
	if n := len(cfg.Selectors); n < 2 {
		return fmt.Errorf("regress: %s is one version; name at least two", cfg.Selectors[0].Name())
	}
	return f.withLabs(c, func() error { return f.compare(c, cfg) })
}

// noSelector refuses the name of a selector in place of a program.
func noSelector(flag, program string) error {
	name, _, _ := strings.Cut(program, "@")
	_, noBuiltIn := builtin.Get(name)
	_, noEntry := catalogue.Find(name)
	if _, err := exec.LookPath(program); err == nil || noBuiltIn != nil && noEntry != nil {
		return nil
	}
	return fmt.Errorf("%s: %q is no program, but %s is a selector; compare selectors by --selector NAME, once for each, or --selector NAME@A..B", flag, program, name)
}

func (f *regressFlags) compare(c *cobra.Command, cfg run.Config) error {
	if err := f.out.open(); err != nil {
		return err
	}
	defer f.out.file.Discard()
	rep, err := runLabs(c, cfg)
	if err != nil {
		return err
	}
	comparison := report.Compare(rep, names(cfg.Selectors))
	write := func(w io.Writer, format report.Format, _ report.Style) error { return comparison.Write(w, format) }
	if err := f.out.write(c, write); err != nil {
		return err
	}
	return exit(comparison.ExitStatus())
}
