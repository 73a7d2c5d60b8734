package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

type output struct {
	format
	path string
	all  bool
	file *outfile.File // nil: standard output
}

func (o *output) add(c *cobra.Command, what string, formats []report.Format) {
	o.format.add(c, formats...)
	c.Flags().StringVar(&o.path, "output", "", fmt.Sprintf("write the %s to `FILE`, and the table to standard output; -: the %[1]s to standard output", what))
}

func (o *output) addAll(c *cobra.Command) {
	c.Flags().BoolVar(&o.all, "all", false, "show every scenario, failure and known failure in place of a summary by topic")
}

// open creates the file before the command builds labs, so that a bad name fails at
// once. The caller discards the file.
func (o *output) open() (err error) {
	if o.path == "" || standardOutput(o.path) {
		return nil
	}
	if o.file, err = outfile.Create(o.path); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}

// standardOutput reports whether name is standard output. If that is a file, opening it
// again would overwrite its start.
func standardOutput(name string) bool {
	return name == "-" || slices.Contains([]string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, filepath.Clean(name))
}

// write writes the result to standard output, or the table there and the result to the
// file. The table comes first, so that it is not lost if writing the file fails.
func (o *output) write(c *cobra.Command, write func(io.Writer, report.Format, report.Style) error) error {
	out, format := bare(c.OutOrStdout()), report.Format(o.value)
	style := report.Style{Colour: colourful(out), All: o.all}
	if o.file == nil {
		return labFailed(write(out, format, style))
	}
	err := write(out, report.FormatTable, style)
	ferr := write(o.file, format, report.Style{All: true})
	if ferr == nil {
		ferr = o.file.Commit()
	}
	return labFailed(errors.Join(err, ferr))
}
