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
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"

	"github.com/passtlab/passtlab/internal/frame"
)

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Guest is the guest's MAC in recordings.
var Guest = net.HardwareAddr{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}

var (
	guestLL = netip.MustParseAddr("fe80::5054:ff:fe1f:c7bd")
	markers = netip.MustParseAddr("fd01:cafe::ffff:0:0") // before the first marker's target

	// The pod, and a host of its network.
	pod     = netip.MustParseAddr("fd01:cafe::f14c:9fa1:8496:557f")
	podLL   = netip.MustParseAddr("fe80::ff:fe00:a")
	podMAC  = net.HardwareAddr{2, 0, 0, 0, 0, 10}
	peer    = netip.MustParseAddr("fd01:cafe::9")
	peerLL  = netip.MustParseAddr("fe80::ff:fe00:9")
	peerMAC = net.HardwareAddr{2, 0, 0, 0, 0, 9}
)

// hello is a frame that changes nothing in passt: it has an experimental Ethernet type.
var hello = slices.Concat(broadcast, Guest, []byte{0x88, 0xb5}, make([]byte, 46))

// Port is forwarded to the guest while the addresses seen are recorded.
const Port = 9009

// bootTitle is the title of the case with the frames sent unasked on connect.
const bootTitle = "00 boot: frames sent unasked on connect"

//go:embed testdata/2023_03_09.txt
var stimuli []byte

// Stimuli returns the recording that has the guest's frames for new recordings.
func Stimuli() (*Recording, error) { return parse("stimuli", stimuli) }

// Outside is a connection to passt that can also send frames on the pod's link.
type Outside interface {
	// Outside sends frames to the pod as soon as passt has read all frames of the guest,
	// and waits until passt has read their datagrams.
	Outside(frames ...[]byte) error
}

// Record makes a recording of the passt at the other end of conn. On conn, as on passt's
// socket, the length of each frame precedes it in four octets. The guest's frames are
// those of from, with the DUID of this passt, which its first ADVERTISE has.
//
// A case ends with a neighbour solicitation for a new address, the marker, which is not
// recorded. passt answers every solicitation, in order. If conn is an Outside, the
// addresses seen are recorded, too; passt forwards Port then.
func Record(ctx context.Context, conn net.Conn, release string, from *Recording) (*Recording, error) {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	r := recorder{conn: conn}
	r.outside, _ = conn.(Outside)
	rec := &Recording{Release: release, Note: ", socket mode, recorded by passtlab", Options: from.Options}
	record := func(c Case) (err error) {
		if c.Received, c.Seen, err = r.exchange(c.Sent); err != nil {
			return because(ctx, fmt.Errorf("record %s: %w", c.Title, err))
		}
		if c.Sent != nil || c.Received != nil || c.Seen != nil {
			rec.Cases = append(rec.Cases, c)
		}
		return nil
	}
	if err := record(Case{Title: bootTitle}); err != nil {
		return nil, err
	}
	theirs := from.ServerID()
	for _, c := range from.Cases {
		if len(c.Sent) == 0 {
			continue
		}
		ours := rec.ServerID()
		to := Case{Title: c.Title}
		for _, f := range c.Sent {
			to.Sent = append(to.Sent, replaceID(f, theirs, ours))
		}
		if err := record(to); err != nil {
			return nil, err
		}
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
	conn    net.Conn
	outside Outside // nil: the addresses seen are not looked for
	n       uint16  // cases
}

// exchange sends frames, datagrams from outside and then a marker. It returns the frames
// that arrive before the answer to the marker.
func (r *recorder) exchange(frames [][]byte) (received [][]byte, seen *Seen, err error) {
	r.n++
	// passt may stop reading until its answers are read.
	sent := make(chan error, 1)
	go func() { sent <- errors.Join(r.send(frames), r.lookOutside(), r.send([][]byte{marker(r.n)})) }()
	defer func() { err = errors.Join(err, <-sent) }()
	if r.outside != nil {
		seen = new(Seen)
	}
	for {
		f, err := r.receive()
		if err != nil {
			r.conn.SetDeadline(time.Unix(1, 0)) // for the sender
			return nil, nil, err
		}
		p, _ := frame.Parse(f)
		target, ok := p.Target()
		switch {
		case ok && p.Is(ipv6.ICMPTypeNeighborAdvertisement) && target == markerTarget(r.n):
			return received, seen, nil
		case !p.IsUDP(Port) || seen == nil:
			received = append(received, f)
		case linkLocal(p.Source):
			seen.LinkLocal = p.Destination
		default:
			seen.Global = p.Destination
		}
	}
}

// lookOutside sends datagrams to the pod, each of a new flow: its source port is new.
func (r *recorder) lookOutside() error {
	if r.outside == nil {
		return nil
	}
	if r.n == 1 { // passt forwards ports once it reads frames
		if err := r.send([][]byte{hello}); err != nil {
			return err
		}
	}
	return r.outside.Outside(datagram(peer, pod, r.n), datagram(peerLL, podLL, r.n))
}

// datagram returns the frame of a datagram from the peer to the pod.
func datagram(src, dst netip.Addr, n uint16) []byte {
	ip := &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolUDP, HopLimit: 64, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	udp := &layers.UDP{SrcPort: layers.UDPPort(10000 + n%50000), DstPort: Port}
	_ = udp.SetNetworkLayerForChecksum(ip)
	buf := gopacket.NewSerializeBuffer()
	_ = gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: peerMAC, DstMAC: podMAC, EthernetType: layers.EthernetTypeIPv6}, ip, udp, gopacket.Payload("passtlab"))
	return buf.Bytes()
}

// marker returns the n-th marker. Since it is a frame of the guest, its source is seen.
func marker(n uint16) []byte {
	f, _ := frame.Neighbour(Guest, broadcast, guestLL, markerTarget(n),
		&ndp.NeighborSolicitation{TargetAddress: markerTarget(n)})
	return f
}

func markerTarget(n uint16) netip.Addr {
	b := markers.As16()
	binary.BigEndian.PutUint16(b[14:], n)
	return netip.AddrFrom16(b)
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

// replaceID puts another server's DUID into a frame, also where only the begin of it is. A
// wrong checksum stays as wrong as it was (RFC 1624 3).
func replaceID(f, from, to []byte) []byte {
	const udp, checksum, least = 54, 60, 6 // without half of its time, a DUID is not known
	if len(from) < least || len(from) != len(to) || len(f) < udp+8 || !bytes.Contains(f[udp:], from[:least]) {
		return f
	}
	g := bytes.Clone(f)
	for at := udp; ; {
		i := bytes.Index(f[at:], from[:least])
		if i < 0 {
			break
		}
		at += i
		for n := 0; n < len(from) && at < len(f) && f[at] == from[n]; n, at = n+1, at+1 {
			g[at] = to[n]
		}
	}
	if old := binary.BigEndian.Uint16(f[checksum:]); old != 0 && f[20] == byte(layers.IPProtocolUDP) {
		without := gopacket.FoldChecksum(gopacket.ComputeChecksum(f[udp:], 0))
		binary.BigEndian.PutUint16(g[checksum:], gopacket.FoldChecksum(gopacket.ComputeChecksum(g[udp:], uint32(^old)+uint32(without))))
	}
	return g
}

func linkLocal(a netip.Addr) bool { return netip.MustParsePrefix("fe80::/10").Contains(a) }
