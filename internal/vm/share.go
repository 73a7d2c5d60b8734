package vm

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	maxWrite   = 128 << 10         // data of one FUSE request or answer
	maxMessage = maxWrite + 64<<10 // the same with headers, or entries of a folder
	fuseLength = 4                 // a message begins with its length, little endian
	fuseHeader = 16                // fuse_out_header, the shortest message
	// believed is how long the virtual machine caches the attributes of a file, or
	// its absence. It sees its own changes at once. A lookup takes a millisecond, and
	// the execution of a script needs a hundred lookups.
	believed = time.Hour
)

// serveFiles answers the FUSE requests from port with the files below root and the
// rights of this process, until the stream ends.
func serveFiles(port io.ReadWriter, root string) error {
	loopback, err := fs.NewLoopbackRoot(root)
	if err != nil {
		return err
	}
	timeout := believed
	opts := fs.Options{EntryTimeout: &timeout, AttrTimeout: &timeout, NegativeTimeout: &timeout}
	opts.MountOptions = fuse.MountOptions{
		MaxWrite: maxWrite, DisableXAttrs: true, Logger: log.New(io.Discard, "", 0),
	}
	raw := fs.NewNodeFS(node{loopback.(*fs.LoopbackNode)}, &opts)
	server := fuse.NewProtocolServer(raw, &opts.MountOptions)
	var replies sync.Mutex
	buffers := sync.Pool{New: func() any { b := make([]byte, maxMessage); return &b }}
	r := bufio.NewReaderSize(port, maxMessage)
	for {
		request, err := readMessage(r)
		if err != nil {
			return err
		}
		// A request may wait for a disk or for another request.
		go func() {
			buffer := buffers.Get().(*[]byte)
			defer buffers.Put(buffer)
			reply := *buffer
			n, status := server.HandleRequest([][]byte{request}, [][]byte{reply})
			if !status.Ok() {
				n = refuse(reply, request, status)
			}
			if n == 0 {
				return // such as FORGET
			}
			replies.Lock()
			defer replies.Unlock()
			_, _ = port.Write(reply[:n]) // if the port is closed, readMessage fails too
		}()
	}
}

// refuse writes an answer with only an error, and returns its length.
func refuse(reply, request []byte, status fuse.Status) int {
	binary.LittleEndian.PutUint32(reply, fuseHeader)
	binary.LittleEndian.PutUint32(reply[4:], uint32(-int32(status)))
	copy(reply[8:fuseHeader], request[8:fuseHeader]) // unique
	return fuseHeader
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [fuseLength]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n < fuseHeader || n > maxMessage {
		return nil, fmt.Errorf("malformed FUSE message of %d octets", n)
	}
	message := make([]byte, n)
	copy(message, length[:])
	if _, err := io.ReadFull(r, message[fuseLength:]); err != nil {
		return nil, fmt.Errorf("FUSE message of %d octets: %w", n, err)
	}
	return message, nil
}

// node is a file or folder of this machine.
type node struct{ *fs.LoopbackNode }

var (
	_ fs.NodeWrapChilder = node{}
	_ fs.NodeOpener      = node{}
	_ fs.NodeAccesser    = node{}
)

func (node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return node{child.(*fs.LoopbackNode)}
}

// Open implements fs.NodeOpener. The virtual machine caches the content, so that it
// reads a program only once, and sends FLUSH only for files opened for writing.
func (n node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f, _, errno := n.LoopbackNode.Open(ctx, flags)
	var noFlush uint32
	if flags&unix.O_ACCMODE == unix.O_RDONLY {
		noFlush = fuse.FOPEN_NOFLUSH // since Linux 5.16
	}
	return f, fuse.FOPEN_KEEP_CACHE | noFlush, errno
}

// Access implements fs.NodeAccesser. Root of the virtual machine has only the rights
// of this process.
func (n node) Access(_ context.Context, mask uint32) syscall.Errno {
	path := filepath.Join(n.RootData.Path, n.Path(n.Root()))
	return fs.ToErrno(unix.Faccessat(unix.AT_FDCWD, path, mask, unix.AT_EACCESS))
}
