package dump

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// attempts is how often a table that changes all the time is read. One reading
// takes less than a millisecond.
const attempts = 50

// Whole calls read until it is not interrupted, at most 50 times, and returns
// what it read.
func Whole[T any](read func() (T, error)) (x T, err error) {
	for range attempts {
		if x, err = read(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return x, err
		}
	}
	return x, fmt.Errorf("changed during each of %d attempts: %w", attempts, err)
}
