package visible

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"plain, ✓ → … ──":           "plain, ✓ → … ──",
		"\x1b[31mred\x1b[0m":        `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a":            `\x1b]0;title\a`,
		"a\rb\x00c\x7fd\be":         `a\rb\x00c\x7fd\be`,
		"\u009b31m":                 `\u009b31m`, // CSI as one character
		"\x9b31m":                   `\x9b31m`,   // and as one byte
		"user\u202enimda":           `user\u202enimda`,
		"zero\u200bwidth\ufeff":     `zero\u200bwidth\ufeff`,
		"tag\U000e0041":             `tag\U000e0041`,
		"two\nlines\tand\u2028more": `two\nlines\tand\u2028more`,
		"\xff\xfe no text":          `\xff\xfe no text`,
		"it's \"quoted\" \\ \ufffd": "it's \"quoted\" \\ \ufffd",
	} {
		if got := Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := Text("a\n\tb\r\x1b"); got != "a\n\tb"+`\r\x1b` {
		t.Errorf("%q", got)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b[2J\u202e\x9b\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) || strings.IndexFunc(got, hidden) >= 0 || Line(got) != got {
			t.Errorf("%q: %q", s, got)
		}
		// However the text comes in pieces.
		var whole, pieces bytes.Buffer
		w := &Writer{W: &whole}
		if _, err := io.Copy(w, iotest.OneByteReader(strings.NewReader(s))); err != nil || w.Flush() != nil {
			t.Error(err)
		}
		w = &Writer{W: &pieces}
		if _, err := w.Write([]byte(s)); err != nil || w.Flush() != nil {
			t.Error(err)
		}
		if whole.String() != Text(s) || pieces.String() != Text(s) {
			t.Errorf("%q: %q and %q, want %q", s, whole.String(), pieces.String(), Text(s))
		}
		// JSON says the same as before.
		var data bytes.Buffer
		if err := JSON(&data, []string{s}); err != nil {
			t.Error(err)
		}
		var back []string
		if err := json.Unmarshal(data.Bytes(), &back); err != nil || back[0] != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Errorf("%q: %s, %v", s, &data, err)
		}
		if strings.IndexFunc(strings.ReplaceAll(data.String(), "\n", ""), hidden) >= 0 {
			t.Errorf("%q", &data)
		}
	})
}

func TestCopy(t *testing.T) {
	type inner struct{ Name, Reason string }
	type outer struct {
		ID    string
		Addr  netip.Addr
		List  []inner
		One   *inner
		Map   map[netip.Addr]inner
		Table [][]string
		Nil   []string
		n     int
	}
	bad := "\x1b\n"
	zone := netip.MustParseAddr("fe80::1%" + bad)
	in := outer{bad, zone, []inner{{bad, bad}}, &inner{bad, bad}, map[netip.Addr]inner{zone: {bad, bad}}, [][]string{{bad}}, nil, 7}
	good, text := `\x1b\n`, `\x1b`+"\n"
	clear := netip.MustParseAddr("fe80::1%" + good)
	want := outer{good, clear, []inner{{good, text}}, &inner{good, text}, map[netip.Addr]inner{clear: {good, text}}, [][]string{{good}}, nil, 7}
	if got := Copy(in, "Reason"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if in.One.Name != bad || in.List[0].Name != bad || in.Table[0][0] != bad {
		t.Error("the original has changed")
	}
}
