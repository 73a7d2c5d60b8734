package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/passtlab/passtlab/suites/bisect"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

type bisectFlags struct {
	labFlags
	selector, good, bad string
	scenarios           []string
}

func bisectCommand() *cobra.Command {
	var f bisectFlags
	c := &cobra.Command{
		Use:   "bisect --selector NAME --good VERSION --bad VERSION [--scenario ID]...",
		Short: "Find the released version that broke a selector, or fixed it",
		Long: `Bisect searches the versions that the catalogue lists. If the good version is
the older one, it finds the first bad version, otherwise the first good one. It
plays the scenarios of --scenario, or else all that the good version passes and
the bad one fails. It leaves out versions that do not build.

Exit status: 0 found; 2 wrong usage, or both versions do the same; 3 a lab
failed.`,
		Example: `  passtlab bisect --selector flannel --good v0.28.10 --bad v0.25.7`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := c.Flags()
	fs.StringVar(&f.selector, "selector", "", "the selector `NAME` of the catalogue")
	fs.StringVar(&f.good, "good", "", "a `VERSION` that passes")
	fs.StringVar(&f.bad, "bad", "", "a `VERSION` that fails")
	fs.StringArrayVar(&f.scenarios, "scenario", nil, "play only the scenario `ID`, a file or label:NAME; may be repeated")
	f.add(c)
	for _, name := range []string{"selector", "good", "bad"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}

func (f *bisectFlags) run(c *cobra.Command) error {
	versions, err := f.versions()
	if err != nil {
		return err
	}
	if _, err := f.config(c, f.scenarios, asked{names: f.names(f.good, f.bad)}); err != nil {
		return err
	}
	if userns.Check() != nil {
		if err := f.buildAll(c, versions); err != nil {
			return err
		}
	}
	return f.withLabs(c, func() error { return f.search(c, versions) })
}

// buildAll builds every version that the search may ask, because the search may run in
// a user namespace, which has no network. Its only error is a signal: the search
// reports versions that do not build.
func (f *bisectFlags) buildAll(c *cobra.Command, versions []string) error {
	release := catchSignals(c)
	for _, name := range f.names(versions...) {
		if p, err := catalogue.Find(name); err == nil {
			_, _ = builder(c.ErrOrStderr()).Build(c.Context(), p)
		}
	}
	return release()
}

func (f *bisectFlags) names(versions ...string) (names []string) {
	for _, v := range versions {
		names = append(names, f.selector+"@"+v)
	}
	return names
}

// versions returns the good and the bad version and those listed between them, oldest
// first.
func (f *bisectFlags) versions() ([]string, error) {
	good, err := find(f.selector + "@" + f.good)
	if err != nil {
		return nil, err
	}
	bad, err := find(f.selector + "@" + f.bad)
	if err != nil {
		return nil, err
	}
	if dir := cmp.Or(good.Dir, bad.Dir); dir != "" {
		return nil, fmt.Errorf("bisect: %s is a checkout; git bisect finds commits (docs/git-bisect.md)", dir)
	}
	if good.Version == bad.Version {
		return nil, fmt.Errorf("bisect: %s cannot be both good and bad", f.good)
	}
	vs := append(slices.Clone(good.Versions), good.Version, bad.Version)
	slices.SortFunc(vs, catalogue.Compare)
	vs = slices.Compact(vs)
	i, j := slices.Index(vs, good.Version), slices.Index(vs, bad.Version)
	return vs[min(i, j) : max(i, j)+1], nil
}

func (f *bisectFlags) search(c *cobra.Command, versions []string) error {
	out, log := c.OutOrStdout(), c.ErrOrStderr()
	ends, err := f.ask(c, f.scenarios, f.good, f.bad)
	if err != nil {
		return err
	}
	names := f.names(f.good, f.bad)
	changed, err := bisect.Compare(ends, names[0], names[1], len(f.scenarios) > 0)
	if err != nil {
		return err
	}
	args := f.scenarios
	if len(args) == 0 {
		args = changed.IDs()
	}
	good := func(version string) (bool, error) {
		r, err := f.ask(c, args, version)
		if errors.Is(err, adapters.ErrBuild) {
			fmt.Fprintf(log, "%s@%s: does not build: %v\n", f.selector, version, err)
			return false, bisect.ErrUntestable
		}
		if err != nil {
			return false, err
		}
		good, err := changed.Judge(r)
		word := map[bool]string{true: "good", false: "bad"}[good]
		if err != nil {
			word = err.Error()
		}
		fmt.Fprintf(log, "%s@%s: %s\n", f.selector, version, word)
		return good, err
	}
	flip, err := bisect.Search(versions, versions[0] == f.good, good)
	if err != nil {
		return err
	}
	f.print(out, flip, changed.IDs())
	return nil
}

func (f *bisectFlags) print(w io.Writer, flip bisect.Flip, ids []string) {
	word, before := "broken", "good"
	if !flip.Broken {
		word, before = "fixed", "bad"
	}
	in := flip.After
	if len(flip.Between) > 0 {
		in = fmt.Sprintf("one of %s (those before it could not be tested)", strings.Join(append(flip.Between, flip.After), ", "))
	}
	fmt.Fprintf(w, "%s was %s in %s; %s is %s. By these scenarios:\n", f.selector, word, in, flip.Before, before)
	for _, id := range ids {
		fmt.Fprintln(w, " ", id)
	}
}

func (f *bisectFlags) ask(c *cobra.Command, args []string, versions ...string) (*report.Report, error) {
	cfg, err := f.config(c, args, asked{names: f.names(versions...)})
	if err != nil {
		return nil, err
	}
	r, err := runLabs(c, cfg)
	if err != nil {
		return nil, err
	}
	if r.Worst() == report.Error {
		_ = r.Write(c.ErrOrStderr(), report.FormatTable, report.Style{})
		return nil, labFailed(fmt.Errorf("bisect: a lab failed for %s", strings.Join(versions, " and ")))
	}
	return r, nil
}
