package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

type format struct {
	names []report.Format // the first is the default
	value string
}

func (f *format) add(c *cobra.Command, names ...report.Format) {
	f.names = names
	c.Flags().StringVar(&f.value, "format", string(names[0]), fmt.Sprintf("`FORMAT`, one of %v", names))
}

func (f *format) check() error {
	if !slices.Contains(f.names, report.Format(f.value)) {
		return fmt.Errorf("--format: %q is none of %v", f.value, f.names)
	}
	return nil
}

// print prints v as JSON, or by write in another format.
func (f *format) print(c *cobra.Command, v any, write func(io.Writer) error) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.value == string(report.FormatJSON) {
		return visible.JSON(c.OutOrStdout(), v)
	}
	return write(c.OutOrStdout())
}
