package child

import (
	"bytes"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

// BenchmarkRun is what one program costs, and what its confinement adds.
func BenchmarkRun(b *testing.B) {
	ns := need.Namespace(b, "guest")
	for _, bb := range []struct {
		name          string
		confine, keep bool
	}{{"free", false, false}, {"confined", true, false}, {"with a disk", true, true}} {
		b.Run(bb.name, func(b *testing.B) {
			var disk *os.File
			defer func() { disk.Close() }()
			before := processorTime(b)
			for b.Loop() {
				var out bytes.Buffer
				r, err := Run(b.Context(), Spec{
					Path: "/bin/true", Args: []string{"true"}, Env: []string{"PATH=/usr/bin:/bin"}, Stdout: &out, Stderr: &out,
					Net: ns, Fresh: true, Confine: bb.confine, Keep: bb.keep, Disk: disk,
				})
				disk.Close()
				disk = r.Disk
				if err != nil || r.Setup != "" || r.Status != 0 {
					b.Fatalf("%+v, %v, %s", r, err, out.String())
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// processorTime is what this process and those that it has waited for have had.
func processorTime(b *testing.B) (sum time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
