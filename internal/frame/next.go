package frame

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// Next reads frames from a packet socket until accept accepts one. If ctx ends first, it
// returns the cause, and the socket receives no more.
func Next(ctx context.Context, conn *packet.Conn, accept func(Packet) bool) (Packet, error) {
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	b := make([]byte, 1<<16)
	for {
		n, _, err := conn.ReadFrom(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return Packet{}, context.Cause(ctx)
		case errors.Is(err, unix.ENETDOWN):
			// The kernel reports this once. The socket receives again when the link is up.
		case err != nil:
			return Packet{}, err
		default:
			if p, ok := Parse(b[:n]); ok && accept(p) {
				return p, nil
			}
		}
	}
}
