package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
)

// A scenario that cannot happen is a bad scenario, told at once and by its place.
func TestImpossible(t *testing.T) {
	need.Namespaces(t)
	const file = "../../scenarios/testdata/impossible/renew-without-lease.yaml"
	const want = "renew-without-lease.yaml:8:5: events[1].renew: renew cannot happen: there is no lease; expected a lease; play dhcpv6 before it"
	for _, args := range [][]string{{"run", "--selector", "talos-v3", file}, {"up", file}} {
		var out, errs bytes.Buffer
		begun := time.Now()
		if status := execute(t.Context(), args, &out, &errs); status != 2 {
			t.Errorf("%v: exit status %d, want 2\n%s", args, status, errs.String())
		}
		if !strings.Contains(strings.Join(strings.Fields(out.String()+errs.String()), " "), want) {
			t.Errorf("%v:\n%s\n%s\nwant %s", args, out.String(), errs.String(), want)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%v took %s", args, took)
		}
	}
}
