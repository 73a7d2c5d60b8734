package vm

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

// FUSE opcodes, of linux/fuse.h.
const (
	opLookup = 1
	opOpen   = 14
	opRead   = 15
	opAccess = 34
	opInit   = 26
)

// fuseClient asks serveFiles as the kernel does.
type fuseClient struct {
	t      *testing.T
	port   net.Conn
	unique uint64
}

// ask sends a request about a node and returns the answer to it: an error, or
// what follows the header.
func (c *fuseClient) ask(opcode uint32, node uint64, args ...any) (syscall.Errno, []byte) {
	c.t.Helper()
	c.unique++
	var body bytes.Buffer
	for _, a := range args {
		if err := binary.Write(&body, binary.LittleEndian, a); err != nil {
			c.t.Fatal(err)
		}
	}
	var b bytes.Buffer
	for _, v := range []any{uint32(40 + body.Len()), opcode, c.unique, node, uint32(0), uint32(0), uint32(1), uint32(0)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	if _, err := c.port.Write(append(b.Bytes(), body.Bytes()...)); err != nil {
		c.t.Fatal(err)
	}
	m, err := readMessage(c.port)
	if err != nil {
		c.t.Fatal(err)
	}
	if got := binary.LittleEndian.Uint64(m[8:]); got != c.unique {
		c.t.Fatalf("answer to request %d; want %d", got, c.unique)
	}
	return syscall.Errno(-int32(binary.LittleEndian.Uint32(m[4:]))), m[fuseHeader:]
}

func TestServeFiles(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("passtlab ", maxWrite/9+1)
	write(t, dir, map[string]string{"file": text})
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- serveFiles(ours, dir) }()
	c := &fuseClient{t: t, port: theirs}
	if errno, out := c.ask(opInit, 0, uint32(7), uint32(31), uint32(128<<10), uint32(0)); errno != 0 || binary.LittleEndian.Uint32(out) != 7 {
		t.Fatalf("INIT: %v, % x", errno, out)
	}
	errno, out := c.ask(opLookup, 1, []byte("file\x00"))
	node := binary.LittleEndian.Uint64(out)
	if errno != 0 || node == 0 {
		t.Fatalf("LOOKUP: %v, % x", errno, out)
	}
	if errno, _ := c.ask(opAccess, node, uint32(4), uint32(0)); errno != 0 {
		t.Errorf("ACCESS: %v", errno)
	}
	if errno, _ := c.ask(opAccess, node, uint32(1), uint32(0)); errno != syscall.EACCES {
		t.Errorf("ACCESS to execute: %v", errno)
	}
	errno, out = c.ask(opOpen, node, uint32(syscall.O_RDONLY), uint32(0))
	if errno != 0 {
		t.Fatalf("OPEN: %v", errno)
	}
	handle, flags := binary.LittleEndian.Uint64(out), binary.LittleEndian.Uint32(out[8:])
	if flags&2 == 0 {
		t.Errorf("OPEN does not let the cache be kept: %#x", flags)
	}
	errno, out = c.ask(opRead, node, handle, uint64(0), uint32(maxWrite), uint32(0), uint64(0), uint32(0), uint32(0))
	if errno != 0 || string(out) != text[:maxWrite] {
		t.Errorf("READ: %v, %d octets", errno, len(out))
	}
	// There is none: ENOENT, or node 0, which may be remembered.
	if errno, out := c.ask(opLookup, 1, []byte("none\x00")); errno != syscall.ENOENT && (errno != 0 || binary.LittleEndian.Uint64(out) != 0) {
		t.Errorf("LOOKUP of nothing: %v, % x", errno, out)
	}
	if errno, _ := c.ask(4000, 1); errno == 0 {
		t.Error("an unknown request is answered without an error")
	}
	theirs.Close()
	if err := <-served; err != io.EOF {
		t.Errorf("serveFiles = %v", err)
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("\x10\x00\x00\x00" + strings.Repeat("\x00", 12)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(bytes.NewReader(b))
		if err == nil && (len(m) < fuseHeader || !bytes.HasPrefix(b, m)) {
			t.Errorf("readMessage = %q", m)
		}
	})
}
