package child

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/pace"
)

// reportSockets returns the two ends of the connection for the init's report.
func reportSockets() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	f, theirs := os.NewFile(uintptr(fds[0]), "report"), os.NewFile(uintptr(fds[1]), "report")
	defer f.Close()
	ours, err := net.FileConn(f)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return ours.(*net.UnixConn), theirs, nil
}

type reported struct {
	Report
	proc *os.File // the program's /proc, if it has one of its own
	err  error    // why there is no report
}

// receive reads from the init until it ends. It calls started with the place of the
// program's tasks. pid is the init's.
func receive(in *net.UnixConn, pid int, started func(pace.Tree)) (r reported) {
	tell := func(t pace.Tree) {
		if started != nil && (r.proc != nil || ownProc()) {
			started(t)
		}
	}
	tell(pace.Tree{Proc: "/proc", Root: pid, Alone: true})
	var text []byte
	placed := false // the program's tasks
	buf, rights := make([]byte, 4<<10), make([]byte, unix.CmsgSpace(4))
	for {
		n, rn, _, _, err := in.ReadMsgUnix(buf, rights)
		file := fileIn(rights[:rn])
		if file != nil && buf[n-1] == diskFollows {
			r.Disk, file = file, nil
		}
		// A message without a file may come in one piece with the next.
		if !placed && bytes.IndexByte(buf[:n], procFollows) >= 0 {
			placed = true
			t := pace.Tree{Proc: "/proc", Root: pid}
			if r.proc = file; file != nil {
				t = pace.Tree{Proc: fmt.Sprintf("/proc/self/fd/%d", file.Fd()), Root: 1}
			}
			tell(t)
		}
		text = append(text, buf[:n]...)
		if err == nil && n > 0 {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			r.err = err
		} else if r.err = json.Unmarshal(text, &r.Report); len(text) == 0 {
			r.err = io.EOF
		}
		return r
	}
}

// Beside the report, the init sends files. Each comes with a blank, which JSON ignores.
const (
	procFollows = ' '  // its /proc, or no file if it has none of its own
	diskFollows = '\n' // Report.Disk
)

// send sends a file to passtlab, or none if fd is -1.
func send(what byte, fd int) error {
	var rights []byte
	if fd >= 0 {
		rights = unix.UnixRights(fd)
	}
	return unix.Sendmsg(reportFD, []byte{what}, rights, nil, unix.MSG_NOSIGNAL)
}

func fileIn(rights []byte) *os.File {
	messages, _ := unix.ParseSocketControlMessage(rights)
	for _, m := range messages { // at most one
		if fds, err := unix.ParseUnixRights(&m); err == nil && len(fds) > 0 {
			return os.NewFile(uintptr(fds[0]), "from the init")
		}
	}
	return nil
}

// ownProc reports whether /proc shows the PID namespace of this process.
func ownProc() bool {
	link, err := os.Readlink("/proc/self")
	return err == nil && link == fmt.Sprint(os.Getpid())
}
