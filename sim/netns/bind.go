package netns

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// held is the longest time for which Bind waits. A fork takes milliseconds, more on a busy
// machine.
const held = 5 * time.Second

// Bind is Do for an f that binds a socket to an address that this process had bound before.
// While the address is in use it calls f again: a process that is forked holds the closed
// socket until it executes its program.
func (ns *NS) Bind(f func() error) (err error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for bound := time.Now().Add(held); ; <-tick.C {
		if err = ns.Do(f); !errors.Is(err, unix.EADDRINUSE) || time.Now().After(bound) {
			return err
		}
	}
}
