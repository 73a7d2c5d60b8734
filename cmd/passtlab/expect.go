package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

// newFound begins to write what the flag --write-expect names, if anything.
func (f *runFlags) newFound() (*outfile.File, error) {
	if f.writeExpect == "" {
		return nil, nil
	}
	file, err := outfile.CreateNew(f.writeExpect)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("--write-expect: %s is there already; use --expect, or remove it", f.writeExpect)
	}
	if err != nil {
		return nil, fmt.Errorf("--write-expect: %w", err)
	}
	return file, nil
}

// writeFound writes what failed as expectations. As they are known from now
// on, they do not fail the command.
func (f *runFlags) writeFound(c *cobra.Command, report *report.Report, run []*scenarios.Scenario, file *outfile.File) error {
	err := expect.Write(file, report, run)
	if err == nil {
		err = file.Commit()
	}
	if err != nil {
		return labFailed(fmt.Errorf("--write-expect: %w", err))
	}
	fmt.Fprintf(c.ErrOrStderr(), "passtlab: %d failures are in %s now; say there why, and use --expect from now on\n",
		report.Summary.Fail, f.writeExpect)
	return nil
}
