package sim

import (
	"errors"
	"os"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
)

// Built builds the lab of a scenario until the end of the test. It is exported, as the rest
// of this file, for tests outside of the package.
func Built(t testing.TB, sc *scenarios.Scenario, opts Options) *Lab {
	t.Helper()
	need.Namespaces(t)
	l, err := New(t.Context(), sc, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// Played is Built, and plays the events of the scenario.
func Played(t testing.TB, sc *scenarios.Scenario, opts Options) *Lab {
	t.Helper()
	l := Built(t, sc, opts)
	if err := l.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// Installed skips the test if the client is not installed. Where PASSTLAB_REQUIRE_CLIENTS is
// 1, as in make e2e-clients, the test fails instead.
func Installed(t testing.TB, c scenarios.Client) {
	t.Helper()
	need.Namespaces(t)
	_, err := guest.FindClient(c)
	missing, ok := errors.AsType[*guest.NoClientError](err)
	switch {
	case ok && os.Getenv("PASSTLAB_REQUIRE_CLIENTS") == "1":
		t.Fatalf("PASSTLAB_REQUIRE_CLIENTS is 1, and %v", missing)
	case ok:
		t.Skip(missing)
	case err != nil:
		t.Fatal(err)
	}
}
