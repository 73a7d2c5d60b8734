package child

// Tail keeps the last Max bytes written to it.
type Tail struct {
	Max int
	buf []byte
}

// Write implements io.Writer.
func (t *Tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - t.Max; n > 0 {
		t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	}
	return len(p), nil
}

// String returns what was kept.
func (t *Tail) String() string { return string(t.buf) }
