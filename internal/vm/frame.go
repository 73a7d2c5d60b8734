package vm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// kind is what a frame of the port for input and output carries.
type kind byte

const (
	// From the machine.
	kindStdout    kind = 'o'
	kindStderr    kind = 'e'
	kindHeartbeat kind = 'h'
	kindEnd       kind = 'x' // an ending, as JSON
	// To the machine.
	kindClock  kind = 'c' // nanoseconds since 1970, 8 octets: the first
	kindSignal kind = 's' // one octet
	kindWindow kind = 'w' // rows and columns, 2 octets each
)

// maxFrame bounds the payload of a frame.
const maxFrame = 64 << 10

// frameHeader is a kind and 4 octets of length, the most significant first.
const frameHeader = 5

var errMalformed = errors.New("malformed frame")

// frames writes frames, from any goroutine.
type frames struct {
	mu sync.Mutex
	w  io.Writer
}

// send writes a payload of any length.
func (f *frames) send(k kind, payload []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for first := true; first || len(payload) > 0; first = false {
		n := min(len(payload), maxFrame)
		b := make([]byte, frameHeader, frameHeader+n)
		b[0] = byte(k)
		binary.BigEndian.PutUint32(b[1:], uint32(n))
		if _, err := f.w.Write(append(b, payload[:n]...)); err != nil {
			return err
		}
		payload = payload[n:]
	}
	return nil
}

// writer returns a writer of frames of one kind.
func (f *frames) writer(k kind) io.Writer { return frameWriter{f, k} }

type frameWriter struct {
	*frames
	kind kind
}

func (w frameWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := w.send(w.kind, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readFrame reads one frame. At the end of the stream it returns io.EOF, in the
// middle of a frame io.ErrUnexpectedEOF.
func readFrame(r io.Reader) (kind, []byte, error) {
	var h [frameHeader]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(h[1:])
	if n > maxFrame {
		return 0, nil, fmt.Errorf("%w of %d octets, at most %d", errMalformed, n, maxFrame)
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return kind(h[0]), payload, nil
}
