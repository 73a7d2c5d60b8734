package vm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	f := &frames{w: &b}
	long := strings.Repeat("0123456789", maxFrame/5) // two frames
	for _, text := range []string{"a", "", long} {
		if n, err := io.WriteString(f.writer(kindStdout), text); n != len(text) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if err := f.send(kindHeartbeat, nil); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	var got strings.Builder
	var kinds []kind
	for {
		k, p, err := readFrame(&b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, k)
		got.Write(p)
	}
	if got.String() != "a"+long || string(kinds) != string([]kind{kindStdout, kindStdout, kindStdout, kindHeartbeat}) {
		t.Errorf("read %d octets in %q", got.Len(), kinds)
	}
	if _, _, err := readFrame(bytes.NewReader(whole[:frameHeader])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame that is cut off: %v", err)
	}
	if _, _, err := readFrame(strings.NewReader("o\xff\xff\xff\xff")); err == nil || !strings.Contains(err.Error(), "malformed frame") {
		t.Errorf("a frame that is too long: %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("o\x00\x00\x00\x02hi"))
	f.Add([]byte("h\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, p, err := readFrame(bytes.NewReader(b))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := (&frames{w: &again}).send(k, p); err != nil || !bytes.HasPrefix(b, again.Bytes()) {
			t.Errorf("read %q, %q; written again %q, %v", k, p, again.Bytes(), err)
		}
	})
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("\x10\x00\x00\x00" + strings.Repeat("\x00", 12)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(bytes.NewReader(b))
		if err == nil && (len(m) < fuseHeader || !bytes.HasPrefix(b, m)) {
			t.Errorf("readMessage = %q", m)
		}
	})
}
