package wire

import (
	"bytes"
	"context"
	_ "embed" // the guest's frames
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"

	"github.com/passtlab/passtlab/internal/frame"
)

// Guest is the guest's MAC in recordings.
var Guest = net.HardwareAddr{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}

var (
	guestLL = netip.MustParseAddr("fe80::5054:ff:fe1f:c7bd")
	markers = netip.MustParseAddr("fd01:cafe::ffff:0:0") // before the first marker's target
)

// bootTitle is the title of the case with the frames sent unasked on connect.
const bootTitle = "00 boot: frames sent unasked on connect"

//go:embed testdata/2023_03_09.txt
var stimuli []byte

// Stimuli returns the recording that has the guest's frames for new recordings.
func Stimuli() (*Recording, error) { return parse("stimuli", stimuli) }

// Record makes a recording of the passt at the other end of conn. On conn, as on passt's
// socket, the length of each frame precedes it in four octets. The guest's frames are
// those of from, with the DUID of this passt, which its first ADVERTISE has.
//
// A case ends with a neighbour solicitation for a new address, the marker, which is not
// recorded. passt answers every solicitation, in order, and its state stays the same.
func Record(ctx context.Context, conn net.Conn, release string, from *Recording) (*Recording, error) {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	r := recorder{conn: conn}
	rec := &Recording{Release: release, Note: ", socket mode, recorded by passtlab"}
	boot, err := r.exchange(nil)
	if err != nil {
		return nil, because(ctx, fmt.Errorf("record %s: %w", bootTitle, err))
	}
	if len(boot) > 0 {
		rec.Cases = append(rec.Cases, Case{Title: bootTitle, Received: boot})
	}
	theirs := from.serverID()
	for _, c := range from.Cases {
		if len(c.Sent) == 0 {
			continue
		}
		ours := rec.serverID()
		to := Case{Title: c.Title}
		for _, f := range c.Sent {
			to.Sent = append(to.Sent, replaceID(f, theirs, ours))
		}
		if to.Received, err = r.exchange(to.Sent); err != nil {
			return nil, because(ctx, fmt.Errorf("record %s: %w", c.Title, err))
		}
		rec.Cases = append(rec.Cases, to)
	}
	return rec, nil
}

func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

type recorder struct {
	conn net.Conn
	n    uint32 // markers sent
}

// exchange sends frames and then a marker, and returns the frames that arrive before the
// answer to the marker.
func (r *recorder) exchange(frames [][]byte) (received [][]byte, err error) {
	r.n++
	target := markers.As16()
	binary.BigEndian.PutUint32(target[12:], r.n)
	marker, err := frame.Neighbour(Guest, net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, guestLL, netip.AddrFrom16(target),
		&ndp.NeighborSolicitation{TargetAddress: netip.AddrFrom16(target)})
	if err != nil {
		return nil, err
	}
	// passt may stop reading until its answers are read.
	sent := make(chan error, 1)
	go func() { sent <- r.send(append(frames[:len(frames):len(frames)], marker)) }()
	defer func() { err = errors.Join(err, <-sent) }()
	for {
		f, err := r.receive()
		if err != nil {
			r.conn.Close() // for the sender
			return nil, err
		}
		p, _ := frame.Parse(f)
		if a, ok := p.Target(); ok && p.Is(ipv6.ICMPTypeNeighborAdvertisement) && a == netip.AddrFrom16(target) {
			return received, nil
		}
		received = append(received, f)
	}
}

func (r *recorder) send(frames [][]byte) error {
	for _, f := range frames {
		if _, err := r.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(f))), f...)); err != nil {
			return fmt.Errorf("send frame: %w", err)
		}
	}
	return nil
}

func (r *recorder) receive() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r.conn, length[:]); err != nil {
		return nil, fmt.Errorf("receive frame: %w", err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxFrame {
		return nil, fmt.Errorf("receive frame: %d octets, not 1 to %d", n, maxFrame)
	}
	f := make([]byte, n)
	if _, err := io.ReadFull(r.conn, f); err != nil {
		return nil, fmt.Errorf("receive frame: %w", err)
	}
	return f, nil
}

// replaceID puts another server's DUID into a frame. A wrong checksum stays as
// wrong as it was (RFC 1624 3).
func replaceID(f, from, to []byte) []byte {
	const udp, checksum = 54, 60
	if len(from) == 0 || len(from) != len(to) || len(f) < udp+8 || !bytes.Contains(f[udp:], from) {
		return f
	}
	g := bytes.ReplaceAll(f, from, to)
	old, without := binary.BigEndian.Uint16(f[checksum:]), gopacket.FoldChecksum(gopacket.ComputeChecksum(f[udp:], 0))
	binary.BigEndian.PutUint16(g[checksum:], gopacket.FoldChecksum(gopacket.ComputeChecksum(g[udp:], uint32(^old)+uint32(without))))
	return g
}
