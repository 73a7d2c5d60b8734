package sim

import (
	"errors"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		name, release string
		needs         *scenarios.Needs
		unknown       bool
		want          string
	}{
		{name: "nothing", release: "garbage"},
		{name: "this", release: "6.1.0-56-cloud-amd64", needs: &scenarios.Needs{Kernel: "6.0.."}},
		{name: "another", release: "5.10.0-46-cloud-amd64", needs: &scenarios.Needs{Kernel: "6.0..", Reason: "It forms no successor."},
			want: "Linux 5.10.0-46-cloud-amd64 is not in 6.0..: It forms no successor."},
		{name: "unknown", release: "garbage", needs: &scenarios.Needs{Kernel: "6.0.."}, unknown: true},
		{name: "unknown, and another", release: "garbage", needs: &scenarios.Needs{Kernel: "..6.0", Reason: "Newer ones do otherwise."}, unknown: true,
			want: "Linux garbage, which counts as the newest, is not in ..6.0: Newer ones do otherwise."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known, err := needs(&scenarios.Scenario{Needs: tt.needs}, tt.release)
			got := ""
			if err, ok := errors.AsType[*UnsupportedError](err); ok {
				got = err.Reason
			}
			if known == tt.unknown || got != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("known %t, %v, want %q", known, err, tt.want)
			}
		})
	}
}
