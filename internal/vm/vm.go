package vm

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	bootTime  = 3 * time.Minute  // until the machine's first message
	quietTime = 90 * time.Second // between two messages, which come every second
	endTime   = 5 * time.Second  // for the command to end after a signal
)

// ErrMachine is wrapped by Run if the virtual machine has failed, not the command.
var ErrMachine = errors.New("the virtual machine failed")

// errGone: the machine has ended by itself.
var errGone = errors.New("it ended")

// Config is the command and its machine.
type Config struct {
	Kernel Kernel
	Args   []string // of this executable, its name first
	Accel  string   // tcg (default) or kvm
	// Stdout and Stderr get the output of the command, which knows by Columns whether
	// one is a terminal.
	Stdout, Stderr      io.Writer
	bootTime, quietTime time.Duration // for tests; 0: the constants
	// Booted, unless nil, is called at the machine's first message, or at its end.
	Booted func()
}

// Run runs this executable in a virtual machine and returns its exit status. It
// forwards SIGINT and SIGTERM to the command, which then has a few seconds to end, as
// it has when ctx is cancelled; a second signal ends it at once. The machine ends with
// Run and with this process. An error that does not wrap ErrMachine means that the
// machine was not started, or that ctx was cancelled.
func Run(ctx context.Context, cfg Config) (code int, err error) {
	code, err = boot(ctx, cfg)
	if err != nil {
		err = fmt.Errorf("run on Linux %s: %w", cfg.Kernel.Version, err)
	}
	return code, err
}

func boot(ctx context.Context, cfg Config) (int, error) {
	if runtime.GOARCH != "amd64" {
		return 0, fmt.Errorf("%w: virtual machines need amd64, and this is %s", ErrMachine, runtime.GOARCH)
	}
	tsc := newCounter()
	ms, err := modules(cfg.Kernel.Modules, needed)
	if err != nil {
		return 0, err
	}
	o, err := cfg.order()
	if err != nil {
		return 0, err
	}
	initrd, err := initramfs(o, ms)
	if err != nil {
		return 0, err
	}
	defer initrd.Close()
	return bootImage(ctx, cfg, initrd, tsc.khz())
}

func bootImage(ctx context.Context, cfg Config, initrd *os.File, khz uint64) (int, error) {
	runtime.LockOSThread() // see startQEMU
	defer runtime.UnlockOSThread()
	q, err := startQEMU(cfg.Kernel, cfg.Accel, initrd, khz)
	if err != nil {
		return 0, err
	}
	m := machine{qemu: q, cfg: cfg, out: gob.NewEncoder(q.io)}
	m.booted = sync.OnceFunc(func() {
		if cfg.Booted != nil {
			cfg.Booted()
		}
	})
	code, err := m.attend(ctx)
	m.booted()
	q.kill()
	if errors.Is(err, errGone) && !q.cmd.ProcessState.Success() {
		err = fmt.Errorf("%w: %s: %s", err, program, q.cmd.ProcessState)
	}
	if errors.Is(err, ErrMachine) {
		err = fmt.Errorf("%w%s", err, q.lastWords())
	}
	if err != nil && strings.Contains(q.console.String(), "Out of memory") {
		err = fmt.Errorf("%w\nlabs or a program have used up its memory of %s: have fewer labs up at once (--parallel)", err, memory)
	}
	return code, err
}

func (c Config) order() (o order, err error) {
	o = order{Args: c.Args, Env: []string{fmt.Sprintf("%s=%d %d", columnsEnv, Columns(c.Stdout), Columns(c.Stderr))}}
	for _, e := range os.Environ() {
		// The virtual machine runs in no user namespace.
		if !strings.HasPrefix(e, "PASSTLAB_USERNS=") {
			o.Env = append(o.Env, e)
		}
	}
	if o.Dir, err = os.Getwd(); err != nil {
		return o, err
	}
	if o.Host, err = os.Hostname(); err != nil {
		return o, err
	}
	// No system call only reads the umask.
	o.Umask = syscall.Umask(0o077)
	syscall.Umask(o.Umask)
	return o, nil
}

// machine is a virtual machine, seen from outside.
type machine struct {
	*qemu
	cfg     Config
	out     *gob.Encoder
	heard   atomic.Bool // a message has come
	booted  func()
	signals int // forwarded
}

// attend serves the machine until the command in it has ended.
func (m *machine) attend(ctx context.Context) (int, error) {
	served := make(chan error, 1)
	go func() { served <- serveFiles(m.files, "/") }()
	type end struct {
		ending
		err error
	}
	ended := make(chan end, 1)
	go func() {
		e, err := m.listen()
		ended <- end{e, err}
	}()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	cancelled := ctx.Done()
	var patience <-chan time.Time
	for {
		select {
		case e := <-ended:
			switch {
			case (e.err != nil || e.Error != "") && ctx.Err() != nil:
				return 0, context.Cause(ctx)
			case e.err != nil:
				return 0, e.err
			case e.Error != "":
				return 0, fmt.Errorf("%w: %s", ErrMachine, e.Error)
			}
			return e.Code, nil
		case err := <-served:
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
				return 0, fmt.Errorf("%w: serve files: %w", ErrMachine, err)
			}
			served = nil // listen returns the reason
		case s := <-signals:
			m.signals++
			m.tell(message{Signal: s.(syscall.Signal)})
		case <-cancelled:
			cancelled, patience = nil, time.After(endTime)
		case <-patience:
			return 0, context.Cause(ctx)
		}
		if ctx.Err() != nil && (m.signals > 1 || !m.heard.Load()) {
			return 0, context.Cause(ctx)
		}
	}
}

// tell sends a message. It ignores errors: listen returns the reason.
func (m *machine) tell(what message) {
	_ = m.io.SetWriteDeadline(time.Now().Add(time.Second))
	_ = m.out.Encode(what)
}

// listen copies the output of the command until its end.
func (m *machine) listen() (ending, error) {
	in := gob.NewDecoder(timely{m.io})
	boot, quiet := cmp.Or(m.cfg.bootTime, bootTime), cmp.Or(m.cfg.quietTime, quietTime)
	_ = m.io.SetReadDeadline(time.Now().Add(boot))
	for {
		var got message
		err := in.Decode(&got)
		_, broken := errors.AsType[*os.PathError](err)
		broken = broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !m.heard.Load():
			hint := ""
			if m.cfg.Accel == "kvm" {
				hint = "; KVM may not work here: try --accel tcg"
			}
			return ending{}, fmt.Errorf("%w: it has not booted in %v%s", ErrMachine, boot, hint)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ending{}, fmt.Errorf("%w: it hangs: no message for %v", ErrMachine, quiet)
		case err != nil && !broken:
			return ending{}, fmt.Errorf("%w: malformed message: %w", ErrMachine, err)
		case err != nil && !m.heard.Load():
			return ending{}, fmt.Errorf("%w: %w while it booted", ErrMachine, errGone)
		case err != nil:
			return ending{}, fmt.Errorf("%w: %w before the command did", ErrMachine, errGone)
		}
		if !m.heard.Swap(true) {
			m.booted()
			go m.tell(message{Clock: time.Now().UnixNano()})
		}
		_ = m.io.SetReadDeadline(time.Now().Add(quiet))
		switch {
		case got.End != nil:
			return *got.End, nil
		case got.Stdout != nil:
			_, err = m.cfg.Stdout.Write(got.Stdout)
		case got.Stderr != nil:
			_, err = m.cfg.Stderr.Write(got.Stderr)
		}
		if err != nil {
			return ending{}, err
		}
	}
}

// timely is a file that, when its deadline has passed while this process was stopped,
// still returns the data that came meanwhile.
type timely struct{ *os.File }

func (t timely) Read(p []byte) (int, error) {
	n, err := t.File.Read(p)
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = t.SetReadDeadline(time.Now().Add(time.Second))
		n, err = t.File.Read(p)
	}
	return n, err
}
