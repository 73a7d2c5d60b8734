package command

import (
	"errors"
	"io"
)

// head keeps the first max bytes written to it, and calls full at the first
// byte beyond.
type head struct {
	buf  []byte
	max  int
	full func()
}

var errFull = errors.New("full")

func (h *head) Write(p []byte) (int, error) {
	if len(h.buf)+len(p) > h.max {
		h.buf = append(h.buf, p[:h.max-len(h.buf)]...)
		h.full()
		return 0, errFull
	}
	h.buf = append(h.buf, p...)
	return len(p), nil
}

// maxErrors is how much a program may write to standard error, in bytes. Only
// the end of it is kept, so that a talkative program is not at fault.
const maxErrors = 16 << 20

// flood passes on what is written to it, and calls full once more than left
// bytes have come.
type flood struct {
	io.Writer
	left int
	full func()
}

func (f *flood) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		f.full()
		return 0, errFull
	}
	return f.Writer.Write(p)
}
