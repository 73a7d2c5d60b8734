package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// hostile is what a file may say in place of any word.
const hostile = "x\x1b[31mEVIL\x1b]0;t\a\r\b\u009b1m\u202e\u2028\x7f|`<script>*_[l](u)\n| fake | row |\n```\n# head"

// hostileReport is a report whose every text is hostile.
func hostileReport(t *testing.T) *Report {
	t.Helper()
	var b bytes.Buffer
	if err := stored(t, "report.json").Write(&b, FormatJSON, Style{}); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(poison(v, ""))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// poison adds hostile text to all strings whose form nothing checks.
func poison(v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if key != "inBoundAfter" {
				v[k] = poison(v[k], k)
			}
		}
	case []any:
		for i := range v {
			v[i] = poison(v[i], key)
		}
	case string:
		switch key {
		case "apiVersion", "started", "verdict", "address", "peer", "choice", "advertised", "flags", "outSource", "out", "in", "inBound":
			return v
		}
		return v + hostile
	}
	return v
}

// unseen reports whether r is to be made visible.
func unseen(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }

func TestHostileReport(t *testing.T) {
	r := hostileReport(t)
	ours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, tt := range []struct {
		format Format
		colour bool
	}{{FormatTable, false}, {FormatTable, true}, {FormatMarkdown, false}, {FormatJUnit, false}, {FormatJSON, false}} {
		var b bytes.Buffer
		if err := r.Write(&b, tt.format, Style{Colour: tt.colour}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.Contains(out, "\x1b[31mEVIL") {
			t.Errorf("%v: an escape sequence of the report's", tt)
		}
		if tt.colour {
			out = ours.ReplaceAllString(out, "")
		}
		if i := strings.IndexFunc(out, unseen); i >= 0 {
			t.Errorf("%v: %q", tt, out[max(0, i-40):i+40])
		}
		if tt.format == FormatJSON {
			back, err := Parse(b.Bytes())
			if err != nil || back.Scenarios[0].ID != r.Scenarios[0].ID {
				t.Errorf("the JSON does not say the same: %v", err)
			}
		}
	}
}

// No text of a report becomes markup, or a row of its own.
func TestHostileMarkdown(t *testing.T) {
	r := hostileReport(t)
	c := Compare(r, r.Selectors()[:2])
	for name, write := range map[string]func(io.Writer) error{
		"report":     func(w io.Writer) error { return r.Write(w, FormatMarkdown, Style{}) },
		"comparison": func(w io.Writer) error { return c.Write(w, FormatMarkdown) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		bars := 0
		for line := range strings.Lines(b.String()) {
			plain := strings.NewReplacer(`\\`, "", `\|`, "", "\\`", "", `\*`, "", `\_`, "", `\[`, "", `\]`, "").Replace(line)
			switch {
			case strings.HasPrefix(line, "  `"): // a code span
				if strings.Count(line, "`") != 2 {
					t.Errorf("%s: %q", name, line)
				}
			case strings.ContainsAny(plain, "<`"), strings.Contains(plain, "fake | row"), strings.HasPrefix(plain, "# "):
				t.Errorf("%s: %q", name, line)
			case strings.HasPrefix(plain, "|"):
				if n := strings.Count(plain, "|"); bars == 0 {
					bars = n
				} else if n != bars {
					t.Errorf("%s: %d cells of %d: %q", name, n, bars, line)
				}
			default:
				bars = 0
			}
		}
	}
}

// JUnit is XML whatever is in it.
func TestHostileJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := hostileReport(t).Write(&b, FormatJUnit, Style{}); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
