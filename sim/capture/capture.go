package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/sim/link"
)

const (
	// snapLength is more than any IPv6 frame has without jumbograms: both headers and
	// 65535 octets. A longer frame is cut; the file has its true length.
	snapLength = 1 << 17

	// receiveBuffer is in bytes. In a user namespace the kernel grants no more than
	// net.core.rmem_max, which is enough for some hundred frames.
	receiveBuffer = 32 << 20
)

// Capture is a running capture of one link.
type Capture struct {
	conn  *packet.Conn
	raw   syscall.RawConn
	file  io.WriteCloser
	pcap  *pcapgo.NgWriter
	began time.Time
	name  string        // for messages: namespace, interface and file
	ended chan struct{} // closed when the goroutine has ended
	err   error         // why it ended; read after ended only
}

// Start captures an interface of the namespace of n into file until Close, and makes the
// folders of the file. The capture begins before Start returns. The file replaces an
// older one and can be read while it grows. A symbolic link is refused.
//
// Start needs CAP_NET_RAW in the user namespace that owns the network namespace.
func Start(n *link.Net, ifname, file string) (_ *Capture, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("capture %s/%s: %w", n.NS.Name(), ifname, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	f, err := outfile.Live(file)
	if err != nil {
		return nil, err
	}
	c, err := start(n, ifname, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return c, nil
}

// start is Start with an open file. On error the caller closes the file.
func start(n *link.Net, ifname string, file io.WriteCloser) (*Capture, error) {
	conn, err := n.ListenPacket(ifname, unix.ETH_P_ALL)
	if err != nil {
		return nil, err
	}
	c := &Capture{
		conn:  conn,
		file:  file,
		began: time.Now(),
		name:  n.NS.Name() + "/" + ifname,
		ended: make(chan struct{}),
	}
	if c.raw, err = conn.SyscallConn(); err == nil {
		err = settings(c.raw)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up packet socket: %w", err), conn.Close())
	}
	if c.pcap, err = header(file, n.NS.Name(), ifname); err != nil {
		return nil, errors.Join(fmt.Errorf("write header: %w", err), conn.Close())
	}
	go c.run()
	return c, nil
}

// settings turns on timestamps and asks for a large buffer.
func settings(raw syscall.RawConn) (serr error) {
	err := raw.Control(func(fd uintptr) {
		serr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
			// Without the right in the initial user namespace: as much as is granted.
			serr = errors.Join(serr, unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer))
		}
	})
	return errors.Join(err, serr)
}

// header writes the section header and the interface description.
func header(w io.Writer, ns, ifname string) (*pcapgo.NgWriter, error) {
	system := runtime.GOOS
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		system = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
	}
	pcap, err := pcapgo.NewNgWriterInterface(w,
		pcapgo.NgInterface{
			Name:        ifname,
			Description: fmt.Sprintf("%s of namespace %s", ifname, ns),
			LinkType:    layers.LinkTypeEthernet,
			SnapLength:  snapLength,
		},
		pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
			Application: "passtlab",
			Hardware:    runtime.GOARCH,
			OS:          system,
		}})
	if err != nil {
		return nil, err
	}
	return pcap, pcap.Flush()
}

// run copies frames until Close or until the file cannot be written.
func (c *Capture) run() {
	defer close(c.ended)
	frame, oob := make([]byte, snapLength), make([]byte, 128)
	var err error
	// Read calls the function when the socket is readable, and returns the error of the
	// deadline that Close sets.
	rerr := c.raw.Read(func(fd uintptr) bool {
		err = c.drain(int(fd), frame, oob)
		return err != nil
	})
	if err == nil && errors.Is(rerr, os.ErrDeadlineExceeded) {
		// The frames that were queued before Close are still there. The filter of Close
		// stops new ones, so this ends on a busy link, too.
		rerr = c.raw.Control(func(fd uintptr) { err = c.drain(int(fd), frame, oob) })
	}
	c.err = errors.Join(err, rerr)
}

// Close ends the capture. It writes every frame that has reached the interface, and then
// the numbers of frames captured and of frames dropped because the socket was full. It
// returns the errors since Start; after an error the file lacks frames.
func (c *Capture) Close() error {
	err := c.conn.SetBPF(dropAll)
	err = errors.Join(err, c.conn.SetReadDeadline(time.Unix(1, 0)))
	<-c.ended
	err = errors.Join(err, c.err)
	if err == nil {
		err = c.statistics()
	}
	if err = errors.Join(err, c.conn.Close(), c.file.Close()); err != nil {
		return fmt.Errorf("capture %s: %w", c.name, err)
	}
	return nil
}

// dropAll is the filter "return 0", which accepts no frame.
var dropAll = []bpf.RawInstruction{{Op: unix.BPF_RET | unix.BPF_K, K: 0}}

// statistics writes the interface statistics block.
func (c *Capture) statistics() error {
	s, err := c.conn.Stats()
	if err != nil {
		return fmt.Errorf("read statistics: %w", err)
	}
	now := time.Now()
	err = c.pcap.WriteInterfaceStats(0, pcapgo.NgInterfaceStatistics{
		LastUpdate:      now,
		StartTime:       c.began,
		EndTime:         now,
		PacketsReceived: uint64(s.Packets), // dropped ones included
		PacketsDropped:  uint64(s.Drops),
	})
	if err := errors.Join(err, c.pcap.Flush()); err != nil {
		return fmt.Errorf("write statistics: %w", err)
	}
	return nil
}

// drain writes all frames that are queued in fd and flushes them. The buffers are for one
// frame and its control messages.
func (c *Capture) drain(fd int, frame, oob []byte) error {
	for {
		// With MSG_TRUNC n is the frame's true length, even if it was cut.
		n, oobn, _, from, err := unix.Recvmsg(fd, frame, oob, unix.MSG_TRUNC|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			if err := c.pcap.Flush(); err != nil {
				return fmt.Errorf("write frames: %w", err)
			}
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENETDOWN):
			// The kernel reports once that the interface went down. If it comes up
			// again, the capture continues.
			continue
		case err != nil:
			return fmt.Errorf("read frame: %w", err)
		}
		at, err := timestamp(oob[:oobn])
		if err != nil {
			return fmt.Errorf("read frame: %w", err)
		}
		data := frame[:min(n, len(frame))]
		err = c.pcap.WritePacketWithOptions(
			gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: n},
			data,
			pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: direction(from)}},
		)
		if err != nil {
			return fmt.Errorf("write frame: %w", err)
		}
	}
}

// direction says whether a frame left the interface or arrived there.
func direction(from unix.Sockaddr) pcapgo.NgEpbFlag {
	ll, ok := from.(*unix.SockaddrLinklayer)
	switch {
	case !ok:
		return pcapgo.NgEpbFlagDirectionUnknown
	case ll.Pkttype == unix.PACKET_OUTGOING:
		return pcapgo.NgEpbFlagDirectionOutbound
	}
	return pcapgo.NgEpbFlagDirectionInbound
}

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
