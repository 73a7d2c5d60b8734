package sim

import (
	"bytes"
	"fmt"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// silence tells whether the guest has sent anything since passt was restarted.
type silence struct {
	conn *packet.Conn // receives the frames of the guest's link
	mac  scenarios.MAC
}

// listen begins a silence, in place of an earlier one.
func (l *Lab) listen() (err error) {
	if err := l.silence.Close(); err != nil {
		return err
	}
	// A bridge takes frames before a socket for one protocol gets them.
	l.silence.conn, err = l.host.ListenPacket(tap, unix.ETH_P_ALL)
	l.silence.mac = l.scenario.Guest.MAC
	return err
}

// lasts reports whether passt was restarted and the guest has not sent since.
func (s *silence) lasts() (bool, error) {
	if s.conn == nil {
		return false, nil
	}
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return false, err
	}
	var from []byte
	b := make([]byte, 12)
	rerr := raw.Read(func(fd uintptr) bool {
		for {
			n, _, rerr := unix.Recvfrom(int(fd), b, unix.MSG_DONTWAIT)
			if rerr != nil {
				err = rerr
				return true
			}
			if n == len(b) && bytes.Equal(b[6:], s.mac[:]) {
				from = b[6:]
				return true
			}
		}
	})
	switch {
	case rerr != nil:
		return false, fmt.Errorf("listen for the guest: %w", rerr)
	case from != nil:
		return false, s.Close()
	case err != unix.EAGAIN && err != unix.ENETDOWN:
		return false, fmt.Errorf("listen for the guest: %w", err)
	}
	return true, nil
}

// Close ends the silence.
func (s *silence) Close() (err error) {
	if s.conn != nil {
		err = s.conn.Close()
		s.conn = nil
	}
	return err
}
