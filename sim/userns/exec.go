package userns

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/relay"
)

// Env is set to "1" for programs that run inside.
const Env = "PASSTLAB_USERNS"

const (
	stage    = "passtlab-userns" // argument 0 of the stage before the program
	statusFD = 3                 // where the stage says what went wrong
)

// Inside reports whether this process was started by Exec or Reexec, or is a
// descendant of one that was.
func Inside() bool { return os.Getenv(Env) == "1" }

// Reexec gives main the right to make labs. If Check succeeds, Reexec returns false and
// main continues. Otherwise Reexec runs the program again inside, with the same arguments,
// and main has to exit with code. Inside, Reexec returns the error of Check and does not
// run the program again. Signals that main has caught before are not passed on.
func Reexec() (ran bool, code int, err error) {
	denied := Check()
	if denied == nil {
		return false, 0, nil
	}
	if Inside() {
		return false, 0, fmt.Errorf("inside the user namespace: %w", denied)
	}
	code, err = run("/proc/self/exe", os.Args)
	var refused *Error
	if os.Geteuid() == 0 && errors.As(err, &refused) {
		// Root of a container needs the rights that Check misses, not a user namespace.
		err = denied
	}
	return err == nil, code, err
}

// Exec runs the program argv inside, even if Check succeeds, and returns its exit status:
// 128 and the signal's number if a signal ended it. The program has the standard files,
// the working folder and the environment of this process. Exec passes on SIGTERM, and
// SIGINT, SIGQUIT and SIGHUP unless the terminal sends them to the program. A refusal by
// the system is an *Error.
func Exec(argv []string) (code int, err error) {
	if len(argv) == 0 {
		return 0, errors.New("run in a user namespace: no command given")
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return 0, fmt.Errorf("run in a user namespace: %w", err)
	}
	return run(path, argv)
}

func run(path string, argv []string) (code int, err error) {
	status, w, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("run in a user namespace: %w", err)
	}
	defer status.Close()

	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{stage, path}, argv...)
	cmd.Env = append(os.Environ(), Env+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}

	child, err := relay.Start(cmd)
	w.Close()
	if err != nil {
		return 0, diagnose(os.DirFS("/proc"), "make a user namespace", err)
	}
	// The stage closes its end of the pipe when it executes the program.
	refusal, rerr := io.ReadAll(status)
	child.Ready()
	code, err = child.Wait()
	switch {
	case rerr != nil || len(refusal) > 0:
		return 0, parseRefusal(string(refusal), rerr)
	case err != nil:
		return 0, fmt.Errorf("run in a user namespace: wait: %w", err)
	}
	return code, nil
}

// init turns the process into the program if it was started by run.
func init() {
	if len(os.Args) < 3 || os.Args[0] != stage || !Inside() {
		return
	}
	err := become(os.Args[1], os.Args[2:])
	io.WriteString(os.NewFile(statusFD, "status"), formatRefusal(err))
	os.Exit(1)
}

// become makes the namespaces ready and executes the program in this
// process's place. It returns only on error.
func become(path string, argv []string) error {
	unix.CloseOnExec(statusFD)
	runtime.LockOSThread() // the mount namespace is the thread's
	// This call makes the namespace, not a flag of the fork, so that no mistake elsewhere
	// can change the mounts of the machine.
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	if err := unix.Exec(path, argv, os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", path, err)
	}
	return nil
}

// formatRefusal and parseRefusal carry an error and its errno through the pipe.
func formatRefusal(err error) string {
	var errno syscall.Errno
	errors.As(err, &errno)
	text := strings.TrimSuffix(err.Error(), ": "+errno.Error())
	return fmt.Sprintf("%d %s", int(errno), text)
}

func parseRefusal(s string, err error) error {
	if err != nil {
		return fmt.Errorf("run in a user namespace: %w", err)
	}
	number, text, _ := strings.Cut(s, " ")
	errno, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("run in a user namespace: %s", s)
	}
	cause := fmt.Errorf("%s: %w", text, syscall.Errno(errno))
	if strings.HasPrefix(text, "execute ") {
		return fmt.Errorf("run in a user namespace: %w", cause)
	}
	return diagnose(os.DirFS("/proc"), "make a user namespace", cause)
}
