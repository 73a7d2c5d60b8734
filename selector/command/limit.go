package command

import (
	"errors"

	"github.com/passtlab/passtlab/internal/child"
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

// errTalk is why a program is killed that has written more than that.
var errTalk = errors.New("too much on standard error")

// errorOutput is what a program writes to standard error.
type errorOutput struct {
	child.Tail
	left int
	full func()
}

func newErrors(keep int, full func()) *errorOutput {
	return &errorOutput{child.Tail{Max: keep}, maxErrors, full}
}

// Write calls full once more than maxErrors bytes have come.
func (e *errorOutput) Write(p []byte) (int, error) {
	if e.left -= len(p); e.left < 0 {
		e.full()
		return 0, errFull
	}
	return e.Tail.Write(p)
}
