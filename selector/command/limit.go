package command

import (
	"errors"
	"io"
)

// limited passes on as many bytes as are left, and calls full at the first one more.
type limited struct {
	io.Writer
	left int
	full func()
}

var errFull = errors.New("full")

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

// maxErrors is how many bytes a program may write to standard error. Only the end is
// kept, so the limit can be generous.
const maxErrors = 16 << 20

// errTalk says that a program has written more than maxErrors.
var errTalk = errors.New("too much on standard error")
