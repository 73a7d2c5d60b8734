package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/suites"
	"github.com/spf13/cobra"
)

// output is where a command writes its result, with the table beside it on
// standard output. A nil output is standard output alone.
type output struct{ *outfile.File }

// newOutput begins to write what the flag --output names.
func newOutput(name string) (*output, error) {
	if name == "" || standardOutput(name) {
		return nil, nil
	}
	f, err := outfile.Create(name)
	if err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	return &output{f}, nil
}

// standardOutput reports whether name stands for standard output. It is not
// opened a second time: that would begin at the start of a file again.
func standardOutput(name string) bool {
	return name == "-" || slices.Contains([]string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, filepath.Clean(name))
}

// discard drops what was not written.
func (o *output) discard() {
	if o != nil {
		o.Discard()
	}
}

// write writes the result. The table comes first: it is not lost where the file
// cannot be written.
func (o *output) write(c *cobra.Command, format suites.Format, write func(io.Writer, suites.Format, bool) error) error {
	out := bare(c.OutOrStdout())
	if o == nil {
		return labFailed(write(out, format, colourful(out)))
	}
	err := write(out, suites.FormatTable, colourful(out))
	ferr := write(o, format, false)
	if ferr == nil {
		ferr = o.Commit()
	}
	return labFailed(errors.Join(err, ferr))
}
