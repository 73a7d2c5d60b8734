package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/passtlab/passtlab/internal/visible"
)

// Format is a form in which a report is written.
type Format string

const (
	FormatTable    Format = "table"    // for people at a terminal
	FormatJSON     Format = "json"     // the Report itself, passtlab/v1
	FormatJUnit    Format = "junit"    // for CI systems
	FormatMarkdown Format = "markdown" // for a pull request or a job summary
)

func Formats() []Format { return []Format{FormatTable, FormatJSON, FormatJUnit, FormatMarkdown} }

// Style is that of a table and of Markdown.
type Style struct {
	Colour bool // of a table
	// All shows every scenario and failure. Otherwise a long report becomes a
	// summary by topic.
	All bool
}

// Write writes the report. It escapes hidden characters, since a report may come from
// a file.
func (r *Report) Write(w io.Writer, f Format, style Style) error {
	shown := visible.Copy(*r, "Reason", "Error", "Replayed")
	return write(w, "report", f, map[Format]func(b *bytes.Buffer) error{
		FormatTable:    func(b *bytes.Buffer) error { shown.table(b, style); return nil },
		FormatJSON:     func(b *bytes.Buffer) error { return visible.JSON(b, r) },
		FormatJUnit:    func(b *bytes.Buffer) error { return shown.junit(b) },
		FormatMarkdown: func(b *bytes.Buffer) error { shown.markdown(b, style); return nil },
	})
}

// write writes something in one of its formats, or nothing.
func write(w io.Writer, what string, f Format, formats map[Format]func(*bytes.Buffer) error) error {
	format, ok := formats[f]
	if !ok {
		return fmt.Errorf("write %s: format %q is none of %v", what, f, slices.Sorted(maps.Keys(formats)))
	}
	var b bytes.Buffer
	err := format(&b)
	if err == nil {
		_, err = b.WriteTo(w)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}
