package sim

import (
	"context"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

// A panic in New takes down what was made so far, and is passed on.
func TestNewPanics(t *testing.T) {
	need.Namespaces(t)
	scs, err := scenarios.Named("passt-slaac-then-dhcpv6")
	if err != nil {
		t.Fatal(err)
	}
	before := audit.Take()
	func() {
		defer func() {
			if r := recover(); r != "of a test" {
				t.Errorf("New panicked with %v", r)
			}
		}()
		_, err := newLab(t.Context(), scs[0], Options{Capture: t.TempDir()}, func(l *Lab, ctx context.Context) error {
			if err := l.build(ctx); err != nil {
				t.Error(err)
			}
			panic("of a test")
		})
		t.Error(err)
	}()
	if err := before.Check(5 * time.Second); err != nil {
		t.Error(err)
	}
}
