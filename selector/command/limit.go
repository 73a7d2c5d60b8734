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
