package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/passtlab/passtlab/internal/input"
)

const (
	maxFrame = 14 + 40 + 65535 // an Ethernet header and the longest IPv6 packet without jumbo payload
	maxSize  = 64 << 20        // of a recording, in bytes
)

// Recording has the answers of one running passt.
type Recording struct {
	Release string // the second word of the first line, "# passt RELEASE…"
	Note    string // the rest of that line
	Cases   []Case
}

// Case has frames of the guest and passt's answers.
type Case struct {
	Title    string // with its number: "01 RS from LL with SLLA"
	Sent     [][]byte
	Received [][]byte
}

// ReadFile reads the recording in the named file. An error in its text begins with
// FILE:LINE.
func ReadFile(name string) (*Recording, error) {
	data, err := input.ReadFile(name, maxSize)
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	return parse(name, data)
}

func parse(name string, data []byte) (*Recording, error) {
	rec, n := new(Recording), 0
	for l := range strings.Lines(string(data)) {
		n++
		if err := rec.line(n, strings.TrimRight(l, " \t\r\n")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if len(rec.Cases) == 0 {
		return nil, fmt.Errorf("%s:%d: no case, which is a line such as \"= 01 TITLE\"", name, max(n, 1))
	}
	return rec, nil
}

func (rec *Recording) line(n int, l string) error {
	if n == 1 {
		text, ok := strings.CutPrefix(l, "# passt ")
		if !ok {
			return fmt.Errorf("want \"# passt RELEASE\", have %.40q", l)
		}
		end := strings.IndexAny(text, ", \t")
		if end < 0 {
			end = len(text)
		}
		rec.Release, rec.Note = text[:end], text[end:]
		return nil
	}
	if l == "" || l[0] == '#' {
		return nil
	}
	mark, text, _ := strings.Cut(l, " ")
	switch mark {
	case "=":
		rec.Cases = append(rec.Cases, Case{Title: text})
		return nil
	case ">", "<":
	default:
		return fmt.Errorf("want a line that begins with =, >, < or #, have %.40q", l)
	}
	if len(rec.Cases) == 0 {
		return errors.New("a frame before the first case")
	}
	frame, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("frame: %w", err)
	}
	if len(frame) == 0 || len(frame) > maxFrame {
		return fmt.Errorf("frame: %d octets, not 1 to %d", len(frame), maxFrame)
	}
	c := &rec.Cases[len(rec.Cases)-1]
	switch {
	case mark == "<":
		c.Received = append(c.Received, frame)
	case len(c.Received) > 0:
		return errors.New("a frame of the guest after one of passt: start a case for it")
	default:
		c.Sent = append(c.Sent, frame)
	}
	return nil
}

// Write writes the recording in the form that ReadFile reads.
func (rec *Recording) Write(w io.Writer) error {
	out := new(bytes.Buffer)
	fmt.Fprintf(out, "# passt %s%s\n", rec.Release, rec.Note)
	for _, c := range rec.Cases {
		fmt.Fprintf(out, "\n= %s\n", c.Title)
		for _, f := range c.Sent {
			fmt.Fprintf(out, "> %x\n", f)
		}
		for _, f := range c.Received {
			fmt.Fprintf(out, "< %x\n", f)
		}
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}
