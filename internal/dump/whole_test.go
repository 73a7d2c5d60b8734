package dump_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/passtlab/passtlab/internal/dump"
)

func TestWhole(t *testing.T) {
	for _, tt := range []struct {
		name        string
		interrupted int   // attempts
		then        error // of the next one
		calls       int
		want        string
	}{
		{"at once", 0, nil, 1, ""},
		{"later", 49, nil, 50, ""},
		{"never", 50, nil, 50, "changed during each of 50 attempts: list: " + netlink.ErrDumpInterrupted.Error()},
		{"another error", 0, io.ErrUnexpectedEOF, 1, "unexpected EOF"},
		{"another error later", 3, io.ErrUnexpectedEOF, 4, "unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			got, err := dump.Whole(func() (int, error) {
				if calls++; calls <= tt.interrupted {
					return calls, fmt.Errorf("list: %w", netlink.ErrDumpInterrupted)
				}
				return calls, tt.then
			})
			if calls != tt.calls || got != calls {
				t.Errorf("got %d after %d calls, want %d", got, calls, tt.calls)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if tt.interrupted == 50 && !errors.Is(err, netlink.ErrDumpInterrupted) {
				t.Errorf("%v does not wrap the cause", err)
			}
		})
	}
}
