package command

import "errors"

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

// tail keeps the last max bytes written to it.
type tail struct {
	buf []byte
	max int
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - t.max; n > 0 {
		t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	}
	return len(p), nil
}
