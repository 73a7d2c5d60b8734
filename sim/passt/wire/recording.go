package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/internal/input"
)

const (
	maxFrame = 14 + 40 + 65535 // an Ethernet header and the longest IPv6 packet without jumbo payload
	maxSize  = 64 << 20        // of a recording, in bytes
)

// optionsMark begins the line with the options of the command line.
const optionsMark = "# options: "

// Recording has the answers of one running passt.
type Recording struct {
	Release string   // the second word of the first line, "# passt RELEASE…"
	Note    string   // the rest of that line
	Options []string // of passt's command line, in the line "# options: …", if any
	Cases   []Case
}

// Case has frames of the guest and passt's answers.
type Case struct {
	Title    string // with its number: "01 RS from LL with SLLA"
	Sent     [][]byte
	Received [][]byte
	Seen     *Seen // after the frames; nil if nobody looked
}

// Seen has the guest's addresses to which passt sends a new datagram from outside. The zero
// Addr means that passt drops it.
type Seen struct {
	Global    netip.Addr // from a global address
	LinkLocal netip.Addr // from a link-local address
}

// String returns the line in a recording, without its mark.
func (s Seen) String() string {
	word := func(a netip.Addr) string {
		if !a.IsValid() {
			return "-"
		}
		return a.String()
	}
	return word(s.Global) + " " + word(s.LinkLocal)
}

func parseSeen(text string) (*Seen, error) {
	s := new(Seen)
	words := strings.Fields(text)
	if len(words) != 2 {
		return nil, fmt.Errorf("want two addresses, have %.80q", text)
	}
	for i, to := range []*netip.Addr{&s.Global, &s.LinkLocal} {
		if words[i] == "-" {
			continue
		}
		a, err := netip.ParseAddr(words[i])
		if err != nil || !a.Is6() || a.Zone() != "" {
			return nil, fmt.Errorf("%.80q is no IPv6 address", words[i])
		}
		*to = a
	}
	return s, nil
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
	if options, ok := strings.CutPrefix(l, optionsMark); ok {
		rec.Options = strings.Fields(options)
	}
	if l == "" || l[0] == '#' {
		return nil
	}
	mark, text, _ := strings.Cut(l, " ")
	switch mark {
	case "=":
		rec.Cases = append(rec.Cases, Case{Title: text})
		return nil
	case ">", "<", "@":
	default:
		return fmt.Errorf("want a line that begins with =, >, <, @ or #, have %.40q", l)
	}
	if len(rec.Cases) == 0 {
		return errors.New("a frame before the first case")
	}
	if mark == "@" {
		seen, err := parseSeen(text)
		rec.Cases[len(rec.Cases)-1].Seen = seen
		return err
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
	if len(rec.Options) > 0 {
		fmt.Fprintf(out, "%s%s\n", optionsMark, strings.Join(rec.Options, " "))
	}
	for _, c := range rec.Cases {
		fmt.Fprintf(out, "\n= %s\n", c.Title)
		for _, f := range c.Sent {
			fmt.Fprintf(out, "> %x\n", f)
		}
		for _, f := range c.Received {
			fmt.Fprintf(out, "< %x\n", f)
		}
		if c.Seen != nil {
			fmt.Fprintf(out, "@ %s\n", c.Seen)
		}
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}
