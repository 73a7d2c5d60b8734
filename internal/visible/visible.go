package visible

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line escapes s for use within one line.
func Line(s string) string { return escape(s, "") }

// Text escapes s except for line feeds and tabs.
func Text(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r) && !strings.ContainsRune(keep, r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
		s = s[n:]
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// JSON writes v as indented JSON. encoding/json itself escapes only C0.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		if r == '\n' || !hidden(r) {
			out.WriteRune(r)
			continue
		}
		for _, half := range utf16.AppendRune(nil, r) { // r is in a string: JSON's own characters are all graphic
			fmt.Fprintf(&out, `\u%04x`, half)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Writer escapes text by Text and writes it to W. It is safe for several goroutines.
type Writer struct {
	W io.Writer

	mu   sync.Mutex
	part []byte // an incomplete character at the end
}

func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.part, p...)
	n := len(text) - incomplete(text)
	w.part = bytes.Clone(text[n:])
	if _, err := io.WriteString(w.W, Text(string(text[:n]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes an incomplete character, escaped.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.part) == 0 {
		return nil
	}
	_, err := io.WriteString(w.W, Text(string(w.part)))
	w.part = nil
	return err
}

// incomplete returns how many bytes at the end of p may begin a character.
func incomplete(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if end := p[len(p)-n:]; utf8.RuneStart(end[0]) && !utf8.FullRune(end) {
			return n
		}
	}
	return 0
}
