package child

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// MaxTasks is how many processes and threads a confined program may have at
// once, those of its init included. More would starve the lab.
const MaxTasks = 1024

// watchTasks kills the program if it has more than MaxTasks. The function that
// it returns ends that, and reports whether the program was killed.
//
// A limit of processes (RLIMIT_NPROC) does not hold for root, and counts what
// others of the same user run.
func watchTasks() (end func() bool) {
	stop, killed := make(chan struct{}), make(chan bool, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var c crowd
		for {
			select {
			case <-stop:
				killed <- false
				return
			case <-tick.C:
				if last, err := lastTask(); err == nil && c.more(last) {
					killed <- unix.Kill(-1, unix.SIGKILL) == nil
					return
				}
			}
		}
	}()
	return func() bool { close(stop); return <-killed }
}

// crowd are the tasks of this PID namespace, as they were last counted.
type crowd struct{ tasks, last, top int }

// more reports whether there are more than MaxTasks. It counts only if there can
// be so many: no more have come than numbers were given out since.
func (c *crowd) more(last int) bool {
	c.top = max(c.top, last)
	if given := last - c.last; given >= 0 && c.tasks+given <= MaxTasks {
		return false
	}
	c.last, c.tasks = last, 0
	for task := 1; task <= c.top && c.tasks <= MaxTasks; task++ {
		if unix.Kill(task, 0) == nil {
			c.tasks++
		}
	}
	return c.tasks > MaxTasks
}

// lastTask returns the number of the newest process or thread of this PID
// namespace, which is the last word of the file: proc_loadavg(5).
func lastTask() (int, error) {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(b))
	return strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
}
