package command

import (
	"errors"
	"io"
)

// limited passes on the bytes that are left, and calls full at the first one
// beyond.
type limited struct {
	io.Writer
	left int
	full func()
}

var errFull = errors.New("full")

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	some := p[:min(len(p), l.left)]
	l.left -= len(some)
	n, err := l.Writer.Write(some)
	if err == nil && n < len(p) {
		l.full()
		err = errFull
	}
	return n, err
}

// maxErrors is how much a program may write to standard error, in bytes. Only
// the end of it is kept, so that a talkative program is not at fault.
const maxErrors = 16 << 20

// errTalk is why a program is killed that has written more than that.
var errTalk = errors.New("too much on standard error")
