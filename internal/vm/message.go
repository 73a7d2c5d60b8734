package vm

import (
	"encoding/gob"
	"syscall"

	"golang.org/x/sys/unix"
)

// message goes over the port for input and output, in gob. Only one field is set;
// none of them in the heartbeat of the machine.
type message struct {
	// From the machine.
	Stdout, Stderr []byte
	End            *ending

	// To the machine.
	Clock  int64 // nanoseconds since 1970: the first message
	Signal syscall.Signal
	Window *unix.Winsize
}

type ending struct {
	Code  int
	Error string // what the machine failed at
}

// printer sends what is written to it as a message.
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
