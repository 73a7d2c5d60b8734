package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/passtlab/passtlab/internal/visible"
)

// Format is a form in which a report is written.
type Format string

// The formats.
const (
	FormatTable    Format = "table"    // for people at a terminal
	FormatJSON     Format = "json"     // the Report itself, passtlab/v1
	FormatJUnit    Format = "junit"    // for CI systems
	FormatMarkdown Format = "markdown" // for a pull request or a job summary
)

// Formats returns all formats.
func Formats() []Format { return []Format{FormatTable, FormatJSON, FormatJUnit, FormatMarkdown} }

// Style is how a table and Markdown are written.
type Style struct {
	Colour bool // of a table
	// All shows every scenario and failure. Otherwise what fits no screen becomes
	// a summary by topic.
	All bool
}

// Write writes the report. It makes characters visible that a reader would not
// see, since a report may come from a file.
func (r *Report) Write(w io.Writer, f Format, style Style) error {
	var b bytes.Buffer
	var err error
	shown := visible.Copy(*r, "Reason", "Error", "Replayed")
	switch f {
	case FormatTable:
		shown.table(&b, style)
	case FormatJSON:
		err = visible.JSON(&b, r)
	case FormatJUnit:
		err = shown.junit(&b)
	case FormatMarkdown:
		shown.markdown(&b, style)
	default:
		err = fmt.Errorf("format %q is none of %v", f, Formats())
	}
	if err == nil {
		_, err = b.WriteTo(w)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
