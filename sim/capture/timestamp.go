package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var errNoTimestamp = errors.New("no SCM_TIMESTAMPNS among the control messages")

// timestamp returns the time in the control messages of a frame. The message
// holds a struct timespec: two words of the machine, seconds and nanoseconds.
func timestamp(oob []byte) (time.Time, error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse control messages: %w", err)
	}
	for _, m := range msgs {
		if m.Header.Level != unix.SOL_SOCKET || m.Header.Type != unix.SO_TIMESTAMPNS {
			continue
		}
		var ts unix.Timespec
		if _, err := binary.Decode(m.Data, binary.NativeEndian, &ts); err != nil {
			return time.Time{}, fmt.Errorf("parse SCM_TIMESTAMPNS: %w", err)
		}
		return time.Unix(ts.Unix()), nil
	}
	return time.Time{}, errNoTimestamp
}
