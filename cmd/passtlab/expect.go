package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/passtlab/passtlab/suites"
	"github.com/spf13/cobra"
)

// writeFound writes what failed as expectations. As they are known from now
// on, they do not fail the command.
func (f *runFlags) writeFound(c *cobra.Command, report *suites.Report) error {
	file, err := os.OpenFile(f.writeExpect, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("--write-expect: %w", err)
	}
	found := suites.Found(report)
	if err := errors.Join(found.Write(file), file.Close()); err != nil {
		return labFailed(fmt.Errorf("write %s: %w", f.writeExpect, err))
	}
	fmt.Fprintf(c.ErrOrStderr(), "passtlab: %d failures are in %s now; say there why, and use --expect from now on\n",
		report.Summary.Fail, f.writeExpect)
	return nil
}
