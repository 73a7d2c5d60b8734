package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
)

// frames are those on the guest's link that hold neighbour discovery.
type frames struct{ *packet.Conn }

// listenFrames opens a socket that gets the frames of a protocol (ETH_P_). With
// ETH_P_ALL those that the guest sends are among them.
func (g *Guest) listenFrames(protocol int) (*frames, error) {
	filter, err := bpf.Assemble(discovery)
	if err != nil {
		return nil, fmt.Errorf("assemble filter: %w", err)
	}
	conn, err := g.Net.ListenPacket(g.Link, protocol, filter...)
	if err != nil {
		return nil, err
	}
	return &frames{conn}, nil
}

// next waits for a packet that is accepted.
func (t *frames) next(ctx context.Context, accept func(frame.Packet) bool) (frame.Packet, error) {
	defer context.AfterFunc(ctx, func() { _ = t.SetReadDeadline(time.Unix(1, 0)) })()
	b := make([]byte, 1<<12)
	for {
		n, _, err := t.ReadFrom(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return frame.Packet{}, context.Cause(ctx)
		case errors.Is(err, unix.ENETDOWN):
			// Said once; the socket goes on when the link is up.
		case err != nil:
			return frame.Packet{}, err
		default:
			if p, ok := frame.Parse(b[:n]); ok && accept(p) {
				return p, nil
			}
		}
	}
}
