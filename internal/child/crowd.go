package child

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// MaxTasks bounds the processes and threads of a confined program and its init. More
// would starve the lab.
const MaxTasks = 1024

// watchTasks kills the program if it has more than MaxTasks. end ends the watch and
// reports whether it has killed the program.
//
// RLIMIT_NPROC would not bind root, and would count other processes of the user.
func watchTasks() (end func() bool) {
	stop, killed := make(chan struct{}), make(chan bool, 1)
	go func() {
		tick := time.Tick(20 * time.Millisecond)
		var c crowd
		for {
			select {
			case <-stop:
				killed <- false
				return
			case <-tick:
				if last, err := lastTask(); err == nil && c.more(last) {
					killed <- unix.Kill(-1, unix.SIGKILL) == nil
					return
				}
			}
		}
	}()
	return func() bool { close(stop); return <-killed }
}

// crowd is the last count of tasks in this PID namespace.
type crowd struct{ tasks, last, top int }

// more reports whether there are more than MaxTasks. It counts again only if the
// kernel has given out enough numbers since the last count.
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

// lastTask returns the number of the newest task in this PID namespace, the last word
// of the file: proc_loadavg(5).
func lastTask() (int, error) {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(b))
	return strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
}
