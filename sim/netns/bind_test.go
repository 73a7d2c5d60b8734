package netns_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

// A process that holds a closed socket delays Bind until it lets go.
func TestBind(t *testing.T) {
	ns := need.Namespace(t, "bind")
	var l net.Listener
	listen := func() (err error) {
		l, err = net.Listen("tcp6", "[::]:1000")
		return err
	}
	if err := ns.Bind(listen); err != nil {
		t.Fatal(err)
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("cat")
	holder.ExtraFiles = []*os.File{file}
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(holder.Start(), file.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Wait() }()
	tries := 0
	err = ns.Bind(func() error {
		err := listen()
		if tries++; errors.Is(err, unix.EADDRINUSE) {
			in.Close() // cat ends
		}
		return err
	})
	if err != nil || tries < 2 {
		t.Fatalf("after %d tries: %v", tries, err)
	}
	l.Close()
}

// Any other error is returned at once.
func TestBindFails(t *testing.T) {
	ns, tries := need.Namespace(t, "bind"), 0
	err := ns.Bind(func() error {
		tries++
		_, err := net.Listen("tcp6", "[fd01::1]:1000")
		return err
	})
	if !errors.Is(err, unix.EADDRNOTAVAIL) || tries != 1 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}
