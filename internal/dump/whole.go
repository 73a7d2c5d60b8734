package dump

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

const attempts = 50 // one takes less than a millisecond

// Whole calls read until the dump is not interrupted, at most 50 times.
func Whole[T any](read func() (T, error)) (x T, err error) {
	for range attempts {
		if x, err = read(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return x, err
		}
	}
	return x, fmt.Errorf("changed during each of %d attempts: %w", attempts, err)
}
