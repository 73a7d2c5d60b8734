package vm

import (
	"runtime"
	"testing"
)

// Two measurements agree: the counter is the clock's, or as good.
func TestCounter(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the counter is amd64's")
	}
	first := newCounter()
	a := first.khz()
	b := newCounter().khz()
	if a < 100_000 || a > 10_000_000 || max(a, b)-min(a, b) > a/1000 {
		t.Errorf("%d and %d kHz", a, b)
	}
}
