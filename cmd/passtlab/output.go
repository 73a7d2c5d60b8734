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

// newOutput begins to write what the flag --output names. It returns nil where
// that is standard output.
func newOutput(name string) (*outfile.File, error) {
	if name == "" || standardOutput(name) {
		return nil, nil
	}
	f, err := outfile.Create(name)
	if err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	return f, nil
}

// standardOutput reports whether name stands for standard output. It is not
// opened a second time: that would begin at the start of a file again.
func standardOutput(name string) bool {
	return name == "-" || slices.Contains([]string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, filepath.Clean(name))
}

// writeOutput writes the result to file, and then the table to standard output;
// without a file, the result to standard output. The table comes first: it is not
// lost where the file cannot be written.
func writeOutput(c *cobra.Command, file *outfile.File, format report.Format, all bool, write func(io.Writer, report.Format, report.Style) error) error {
	out := bare(c.OutOrStdout())
	style := report.Style{Colour: colourful(out), All: all}
	if file == nil {
		return labFailed(write(out, format, style))
	}
	err := write(out, report.FormatTable, style)
	ferr := write(file, format, report.Style{All: true})
	if ferr == nil {
		ferr = file.Commit()
	}
	return labFailed(errors.Join(err, ferr))
}
