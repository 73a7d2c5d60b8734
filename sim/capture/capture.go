package capture

import (
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
	"github.com/passtlab/passtlab/sim/netns"
)

const (
	// snapLength holds any frame of an IPv6 link without jumbograms: 65535
	// octets of payload, both headers, and room to spare. Longer frames are cut
	// and keep their true length in the file.
	snapLength = 1 << 17

	// receiveBuffer is asked for in bytes. In a user namespace the kernel grants
	// no more than net.core.rmem_max, which still holds some hundred frames.
	receiveBuffer = 32 << 20
)

// Capture is a running capture of one link. The nil Capture is one that was not
// asked for: closing it does nothing.
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

// Start captures the interface ifname of namespace ns into file, and makes the
// folders above it. The file can be read while it grows; an older one of that
// name is replaced at once, and a symbolic link is refused. When Start returns, the socket is
// bound: every later frame is in the file, until Close.
//
// It needs CAP_NET_RAW in the user namespace that owns ns.
func Start(ns *netns.NS, ifname, file string) (*Capture, error) {
	fail := func(err error) (*Capture, error) {
		return nil, fmt.Errorf("capture %s/%s: %w", ns.Name(), ifname, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fail(err)
	}
	f, err := outfile.Live(file)
	if err != nil {
		return fail(err)
	}
	c, err := start(ns, ifname, f)
	if err != nil {
		return fail(errors.Join(err, f.Close()))
	}
	return c, nil
}

// start is Start once there is a file. The file remains the caller's when it
// returns an error.
func start(ns *netns.NS, ifname string, file io.WriteCloser) (*Capture, error) {
	conn, err := listen(ns, ifname)
	if err != nil {
		return nil, err
	}
	c := &Capture{
		conn:  conn,
		file:  file,
		began: time.Now(),
		name:  ns.Name() + "/" + ifname,
		ended: make(chan struct{}),
	}
	if c.raw, err = conn.SyscallConn(); err == nil {
		err = settings(c.raw)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up packet socket: %w", err), conn.Close())
	}
	if c.pcap, err = header(file, ns.Name(), ifname); err != nil {
		return nil, errors.Join(fmt.Errorf("write header: %w", err), conn.Close())
	}
	go c.run()
	return c, nil
}

// listen opens the packet socket.
func listen(ns *netns.NS, ifname string) (*packet.Conn, error) {
	n, err := link.Open(ns)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	return n.ListenPacket(ifname, unix.ETH_P_ALL)
}

// settings has the kernel give the time of each frame, and a large buffer.
func settings(raw syscall.RawConn) (serr error) {
	err := raw.Control(func(fd uintptr) {
		serr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
			// Not privileged in the initial user namespace: as much as is granted.
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
	r := reader{pcap: c.pcap, frame: make([]byte, snapLength), oob: make([]byte, 128)}
	var err error
	// Read calls back whenever the socket is readable, and returns the error of
	// the deadline once Close has set one.
	rerr := c.raw.Read(func(fd uintptr) bool {
		err = r.drain(int(fd))
		return err != nil
	})
	if err == nil && errors.Is(rerr, os.ErrDeadlineExceeded) {
		// What was queued before Close is still there. Nothing is added to it any
		// more, so that this ends on a busy link, too.
		rerr = c.raw.Control(func(fd uintptr) { err = r.drain(int(fd)) })
	}
	c.err = errors.Join(err, rerr)
}

// Close ends the capture: every frame that reached the interface before is
// written, with a block of statistics (frames captured, and frames dropped for
// want of room in the socket) at the end. It returns what went wrong since
// Start, above all writing; then the file lacks frames.
func (c *Capture) Close() error {
	if c == nil {
		return nil
	}
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

// reader moves frames from a packet socket to a pcapng writer.
type reader struct {
	pcap       *pcapgo.NgWriter
	frame, oob []byte
}

// drain writes all frames that are queued in fd and flushes them.
func (r *reader) drain(fd int) error {
	for {
		// With MSG_TRUNC n is the frame's true length, even if it was cut.
		n, oobn, _, from, err := unix.Recvmsg(fd, r.frame, r.oob, unix.MSG_TRUNC|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			if err := r.pcap.Flush(); err != nil {
				return fmt.Errorf("write frames: %w", err)
			}
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENETDOWN):
			// The interface went down or is gone, which the kernel says once. A link
			// that comes up again is captured again.
			continue
		case err != nil:
			return fmt.Errorf("read frame: %w", err)
		}
		at, err := timestamp(r.oob[:oobn])
		if err != nil {
			return fmt.Errorf("read frame: %w", err)
		}
		data := r.frame[:min(n, len(r.frame))]
		err = r.pcap.WritePacketWithOptions(
			gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: n},
			data,
			pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: direction(from)}},
		)
		if err != nil {
			return fmt.Errorf("write frame: %w", err)
		}
	}
}

// direction tells frames that left the interface from those that arrived.
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
