package vm

import (
	"encoding/gob"
	"syscall"
)

// message goes through ioPort, as gob. One field is set, or none in a heartbeat.
type message struct {
	// From the machine.
	Stdout, Stderr []byte
	End            *ending

	// To the machine.
	Clock  int64 // nanoseconds since 1970: the first message
	Signal syscall.Signal
}

type ending struct {
	Code  int
	Error string // why the machine failed
}

// printer sends each Write as a message.
type printer struct {
	out *gob.Encoder
	as  func([]byte) message
}

func (p printer) Write(b []byte) (int, error) {
	if err := p.out.Encode(p.as(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
