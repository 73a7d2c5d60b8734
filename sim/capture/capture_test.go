package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
)

func TestCapture(t *testing.T) {
	a, b := veth(t)
	file := filepath.Join(t.TempDir(), "new", "scenario-link.pcapng")
	witness, far := open(t, a), open(t, b)
	sender := open(t, a)

	before := time.Now()
	c, err := Start(a, "eth0", file)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	for i, size := range []int{60, 61, 1514, 65535 + 14} {
		in, out := frame(0, i, size), frame(1, i, size)
		send(t, far, in)
		send(t, sender, out)
		want = append(want, in, out)
	}
	// When the witness has this one, everything before it has arrived as well.
	last := frame(2, 0, 60)
	send(t, far, last)
	await(t, witness, last)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	after := time.Now()

	r := reread(t, file)
	var got [][]byte
	for _, p := range r.packets {
		if !ours(p.data) || bytes.Equal(p.data, last) {
			continue // the kernel's own solicitations
		}
		got = append(got, p.data)
		if p.at.Before(before) || p.at.After(after) {
			t.Errorf("frame %d: time %v is outside %v to %v", len(got), p.at, before, after)
		}
		want := pcapgo.NgEpbFlagDirectionInbound
		if p.data[14] == 1 {
			want = pcapgo.NgEpbFlagDirectionOutbound
		}
		if p.direction != want {
			t.Errorf("frame %d: direction %d, want %d", len(got), p.direction, want)
		}
	}
	// Both directions have queues of their own, so only each has an order.
	sortFrames(got)
	sortFrames(want)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("read %d frames, want %d: contents or number differ", len(got), len(want))
	}

	ifc := r.iface
	if ifc.Name != "eth0" || ifc.Description != "eth0 of namespace a" || ifc.LinkType != layers.LinkTypeEthernet ||
		ifc.TimestampResolution != 9 || ifc.SnapLength < 65535+14 {
		t.Errorf("interface %+v", ifc)
	}
	if s := r.section; s.Application != "passtlab" || !strings.HasPrefix(s.OS, "Linux ") || s.Hardware == "" {
		t.Errorf("section %+v", s)
	}
	if s := r.stats; s.PacketsReceived != uint64(len(r.packets)) || s.PacketsDropped != 0 {
		t.Errorf("statistics %+v with %d frames in the file", s, len(r.packets))
	}
	readable(t, file)
}

// A capture whose frames fit no more says how many it lost.
func TestDrops(t *testing.T) {
	a, b := veth(t)
	far := open(t, b)
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := &gate{WriteCloser: f, open: make(chan struct{})}
	c, err := start(a, "eth0", w)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * receiveBuffer / 65536 * 2 {
		send(t, far, frame(0, i, 65536))
	}
	close(w.open)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	r := reread(t, file)
	if s := r.stats; s.PacketsDropped == 0 || s.PacketsReceived != uint64(len(r.packets))+s.PacketsDropped {
		t.Errorf("statistics %+v with %d frames in the file", s, len(r.packets))
	}
}

func TestErrors(t *testing.T) {
	a, b := veth(t)

	t.Run("disk full at start", func(t *testing.T) {
		if c, err := Start(a, "eth0", "/dev/full"); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("Start = %v, %v, want %v", c, err, unix.ENOSPC)
		}
	})
	t.Run("disk full later", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		c, err := start(a, "eth0", &later{WriteCloser: full})
		if err != nil {
			t.Fatal(err)
		}
		send(t, open(t, b), frame(0, 0, 60))
		<-c.ended
		err = c.Close()
		if !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "a/eth0") {
			t.Errorf("Close = %v, want %v for a/eth0", err, unix.ENOSPC)
		}
	})
	t.Run("no interface", func(t *testing.T) {
		_, err := Start(a, "nosuch0", filepath.Join(t.TempDir(), "x"))
		if err == nil || !strings.Contains(err.Error(), "capture a/nosuch0: find interface") {
			t.Errorf("Start = %v", err)
		}
	})
	t.Run("folder is a file", func(t *testing.T) {
		if _, err := Start(a, "eth0", "/dev/null/x.pcapng"); !errors.Is(err, unix.ENOTDIR) {
			t.Errorf("Start = %v, want %v", err, unix.ENOTDIR)
		}
	})
	t.Run("interface vanishes", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "x")
		c, err := Start(a, "eth0", file)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.NS.Do(func() error {
			l, err := netlink.LinkByName("eth0")
			if err != nil {
				return err
			}
			return netlink.LinkDel(l)
		}); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		reread(t, file)
	})
}

// gate lets the header through and everything else only once it is open.
type gate struct {
	io.WriteCloser
	header bool
	open   chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	if g.header {
		<-g.open
	}
	g.header = true
	return g.WriteCloser.Write(b)
}

// later swallows the header and hands on the rest.
type later struct {
	io.WriteCloser
	header bool
}

func (l *later) Write(b []byte) (int, error) {
	if !l.header {
		l.header = true
		return len(b), nil
	}
	return l.WriteCloser.Write(b)
}

// veth makes namespaces a and b whose eth0 are the ends of one link.
func veth(t *testing.T) (a, b *link.Net) {
	t.Helper()
	a, b = namespace(t, "a"), namespace(t, "b")
	err := link.Pair(link.End{Net: a, Name: "eth0"}, link.End{Net: b, Name: "eth0"})
	for _, n := range []*link.Net{a, b} {
		err = errors.Join(err, n.NS.Do(func() error {
			l, err := netlink.LinkByName("eth0")
			if err != nil {
				return err
			}
			return netlink.LinkSetMTU(l, 65535)
		}), n.Up("eth0"))
	}
	if err := errors.Join(err, a.AwaitUp(t.Context(), "eth0"), b.AwaitUp(t.Context(), "eth0")); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func namespace(t *testing.T, name string) *link.Net {
	t.Helper()
	n, err := link.Open(need.Namespace(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// experimental is the EtherType that IEEE 802 leaves to local experiments.
const experimental = 0x88b5

// open returns a packet socket on eth0 for frames of this test.
func open(t *testing.T, n *link.Net) *packet.Conn {
	t.Helper()
	conn, err := n.ListenPacket("eth0", experimental)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// frame returns a broadcast frame of size bytes that holds its way and number.
func frame(way byte, number, size int) []byte {
	f := bytes.Repeat([]byte{0xff}, size)
	copy(f[6:], []byte{2, 0, 0, 0, 0, way})
	binary.BigEndian.PutUint16(f[12:], experimental)
	f[14] = way
	binary.BigEndian.PutUint32(f[15:], uint32(number))
	return f
}

func ours(f []byte) bool { return binary.BigEndian.Uint16(f[12:]) == experimental }

// sortFrames orders by way and keeps the order within each.
func sortFrames(fs [][]byte) {
	slices.SortStableFunc(fs, func(a, b []byte) int { return int(a[14]) - int(b[14]) })
}

func send(t *testing.T, conn *packet.Conn, f []byte) {
	t.Helper()
	if _, err := conn.WriteTo(f, &packet.Addr{HardwareAddr: f[:6]}); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, conn *packet.Conn, f []byte) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<17)
	for {
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			t.Fatalf("await frame: %v", err)
		}
		if bytes.Equal(b[:n], f) {
			return
		}
	}
}

type recording struct {
	section pcapgo.NgSectionInfo
	iface   pcapgo.NgInterface
	stats   pcapgo.NgInterfaceStatistics
	packets []recorded
}

type recorded struct {
	data      []byte
	at        time.Time
	direction pcapgo.NgEpbFlag
}

func reread(t *testing.T, file string) (r recording) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opts := pcapgo.DefaultNgReaderOptions
	opts.StatisticsCallback = func(_ int, s pcapgo.NgInterfaceStatistics) { r.stats = s }
	ng, err := pcapgo.NewNgReader(f, opts)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, ci, o, err := ng.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := recorded{data: data, at: ci.Timestamp}
		if o.Flags != nil {
			p.direction = o.Flags.Direction
		}
		r.packets = append(r.packets, p)
	}
	r.section = ng.SectionInfo()
	if r.iface, err = ng.Interface(0); err != nil {
		t.Fatal(err)
	}
	return r
}

// readable has other programs read the file, those that are installed.
func readable(t *testing.T, file string) {
	t.Helper()
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"capinfos", file}, []string{
			"pcapng", "Ethernet", "passtlab", "nanoseconds (9)", "Name = eth0", "eth0 of namespace a"}},
		{[]string{"tshark", "-n", "-r", file, "-Y", "eth.type == 0x88b5 and frame.len == 65549", "-T", "fields", "-e", "frame.packet_flags_direction"},
			[]string{"01\n", "02\n"}},
	} {
		if _, err := exec.LookPath(tt.args[0]); err != nil {
			t.Logf("not checked with %s: %v", tt.args[0], err)
			continue
		}
		out, err := exec.CommandContext(t.Context(), tt.args[0], tt.args[1:]...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", tt.args[0], err, out)
		}
		for _, want := range tt.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s does not say %q:\n%s", tt.args[0], want, out)
			}
		}
	}
}
