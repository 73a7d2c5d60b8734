package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/passtlab/passtlab/sim/passt"
)

// simulate answers at one end of a connection as passt does at its socket.
func simulate(t *testing.T, conn net.Conn, release string, started time.Time) {
	rel, err := passt.Lookup(release)
	if err != nil {
		t.Error(err)
	}
	cfg := Pod(rel)
	cfg.Started = started
	e, err := passt.New(cfg)
	if err != nil {
		t.Error(err)
	}
	r := recorder{conn: conn}
	err = r.send(e.Connect(started))
	for err == nil {
		var f []byte
		if f, err = r.receive(); err == nil {
			err = r.send(e.Handle(started, f))
		}
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

// TestRecord records from simulated passts of all kinds, started at a time of
// their own: what is recorded passes when it is read again and played.
func TestRecord(t *testing.T) {
	from, err := Stimuli()
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range []string{"2022_11_16", "2023_03_09", "2024_08_21", "2025_09_19", "2026_07_16"} {
		t.Run(release, func(t *testing.T) {
			ours, theirs := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				simulate(t, theirs, release, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
			}()
			rec, err := Record(t.Context(), ours, release, from)
			ours.Close()
			<-done
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if err := rec.Write(&file); err != nil {
				t.Fatal(err)
			}
			if rec, err = parse("recording", file.Bytes()); err != nil {
				t.Fatal(err)
			}
			if res := play(t, rec, release); res.Failed() > 0 || res.Passed < 74 {
				var out bytes.Buffer
				_ = res.Print(&out)
				t.Errorf("%s", &out)
			}
			// A good server id has stayed one: passt answers.
			for _, c := range rec.Cases {
				if c.Title == "45 REQUEST good serverid IA+addr" && len(c.Received) != 1 {
					t.Errorf("%s: %d answers", c.Title, len(c.Received))
				}
			}
		})
	}
}

// TestRecordEnds shows that a passt that goes, or does not answer, is told.
func TestRecordEnds(t *testing.T) {
	from, err := Stimuli()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	theirs.Close()
	if _, err := Record(t.Context(), ours, "", from); !errors.Is(err, io.EOF) {
		t.Errorf("gone: %v", err)
	}
	ours, theirs = net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Record(ctx, ours, "", from); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
}

func TestReplaceID(t *testing.T) {
	from, to := []byte("0123456789abcd"), []byte("ABCDEFGHIJKLMN")
	sum := func(b []byte) uint16 { return gopacket.FoldChecksum(gopacket.ComputeChecksum(b, 0)) }
	for _, odd := range []int{0, 1} {
		f := append(make([]byte, 62+odd), from...)
		f[20], f[61] = 17, 0x42 // any checksum
		g := replaceID(f, from, to)
		if !bytes.Contains(g, to) || sum(f[54:]) != sum(g[54:]) {
			t.Errorf("offset %d: sums %#x and %#x", odd, sum(f[54:]), sum(g[54:]))
		}
		if h := replaceID(g, to, from); !bytes.Equal(h, f) && binary.BigEndian.Uint16(h[60:]) != ^binary.BigEndian.Uint16(f[60:]) {
			t.Errorf("offset %d: not as it was", odd)
		}
	}
	cut := append(make([]byte, 62), "01234567"...)
	if g := replaceID(cut, from, to); !bytes.HasSuffix(g, []byte("ABCDEFGH")) {
		t.Errorf("a part of the DUID is %q", g[62:])
	}
	if f := []byte("short"); &replaceID(f, from, to)[0] != &f[0] {
		t.Error("a short frame was changed")
	}
}
