package main

import (
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// Exchanges that do not work are noticed.
func TestReach(t *testing.T) {
	need.Namespaces(t)
	for id, works := range map[string]bool{reachable: true, "passt-slaac-then-dhcpv6": false} {
		made, wrong, err := reach(t.Context(), id, 100)
		if err != nil || made < 100 || (len(wrong) == 0) != works {
			t.Errorf("%s: %d exchanges, %q, %v", id, made, wrong, err)
		}
	}
}
