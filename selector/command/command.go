package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/kballard/go-shellquote"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
)

const DefaultTimeout = 5 * time.Second

// Options of a program; the zero value is usable.
type Options struct {
	// Timeout bounds one answer, by the program's own time: what it waits for a
	// processor does not count. Default: 5 s.
	Timeout     time.Duration
	KernelOrder bool // that of selector.Traits
	// Watch is for a program that runs on from the boot of a guest and prints each
	// choice. Select starts it, and ends it when it rests.
	Watch  bool
	Logger *slog.Logger // gets notes on what the system refused; default: nowhere
}

// maxOutput is how many bytes an answer may have, and how many of standard error are
// kept.
const maxOutput = 64 << 10

// exitUnsupported is the status of a program that cannot judge the situation, as
// Automake's tests have it for a skip.
const exitUnsupported = 77

// New returns the selector name that runs the program argv, which it looks up in
// PATH. Errors are ErrUsage.
func New(name string, argv []string, opts Options) (selector.Selector, error) {
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("%w: name %q: want letters, digits and . _ -, beginning with a letter or digit, at most 64", ErrUsage, name)
	}
	if len(argv) == 0 {
		return nil, fmt.Errorf("%w %s: no program given", ErrUsage, name)
	}
	path, err := exec.LookPath(argv[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		if errors.Is(err, exec.ErrDot) {
			err = fmt.Errorf("it is in the current folder: write ./%s", argv[0])
		}
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("%w %s: program %q: %w", ErrUsage, name, argv[0], err)
	}
	opts.Timeout = cmp.Or(opts.Timeout, DefaultTimeout)
	opts.Logger = cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	p := &program{name: name, path: path, argv: argv, opts: opts}
	if opts.Watch {
		return watcher{p}, nil
	}
	return p, nil
}

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Parse returns the selector that spec describes, NAME=PROGRAM ARG..., quoted
// as for a shell that expands nothing. Errors are ErrUsage.
func Parse(spec string, opts Options) (selector.Selector, error) {
	name, rest, ok := strings.Cut(spec, "=")
	if !ok {
		return nil, fmt.Errorf("%w %q: no =, want NAME=PROGRAM with its arguments", ErrUsage, spec)
	}
	argv, err := shellquote.Split(rest)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrUsage, spec, err)
	}
	return New(name, argv, opts)
}

type program struct {
	name, path string
	argv       []string
	opts       Options
	noted      sync.Once // the notes are always the same
}

func (p *program) Name() string { return p.name }

func (p *program) Traits() selector.Traits {
	return selector.Traits{KernelOrder: p.opts.KernelOrder, Program: true, Kernel: true}
}

// Select runs the program once. All its processes are gone when Select returns.
func (p *program) Select(ctx context.Context, o selector.Observation) (c selector.Choice, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("run selector %s: %w", p.name, err)
		}
	}()
	input, err := encode(o)
	if err != nil {
		return c, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begun, meter := time.Now(), pace.Start(p.limit(cancel))
	defer func() { c.Waited = meter.Since(begun).Waited }()
	kills := limits.OOMKills()
	defer meter.Stop()

	var stdout bytes.Buffer
	stderr := &child.Tail{Max: maxOutput}
	r, rerr := p.start(ctx, o, bytes.NewReader(input), &limited{&stdout, maxOutput, func() { cancel(ErrFlood) }},
		&limited{stderr, maxErrors, func() { cancel(errTalk) }}, meter)
	cause := context.Cause(ctx)
	switch {
	case cause == ErrFlood:
		return c, fmt.Errorf("%w of %d bytes, beginning with %q", ErrFlood, maxOutput, shorten(stdout.String()))
	case rerr != nil && cause == ErrTimeout:
		return c, fmt.Errorf("%w of %v%s%s", ErrTimeout, p.opts.Timeout,
			quote(", last output ", stdout.String()), quote(", last error ", stderr.String()))
	}
	if err := p.ending(r, rerr, cause, stderr, kills); err != nil {
		return c, err
	}
	return parseOutput(stdout.Bytes())
}

// Slowness is how many times the time limit may pass until a program has had that
// time of its own. A machine that takes longer is too slow to tell.
const Slowness = 12

// limit returns a function that ends a program: by ErrTimeout when it has had its
// time, by ErrSlow when it did not get that time.
func (p *program) limit(cancel context.CancelCauseFunc) func(pace.Spent) {
	return func(s pace.Spent) {
		switch {
		case s.Own() >= p.opts.Timeout:
			cancel(ErrTimeout)
		case s.Wall >= Slowness*p.opts.Timeout:
			cancel(fmt.Errorf("%w: %v", ErrSlow, s))
		}
	}
}

// ending returns the error of how a program ended, or nil. rerr says why there is no
// report, cause why passtlab killed the program; kills is limits.OOMKills at its start.
func (p *program) ending(r child.Report, rerr, cause error, stderr *child.Tail, kills int) (err error) {
	switch {
	case cause == errTalk:
		return fmt.Errorf("%w of %d bytes on standard error, ending with %q", ErrFlood, maxErrors, shorten(lastLine(stderr.String())))
	case rerr != nil && cause != nil:
		return cause
	case rerr != nil:
		return fmt.Errorf("%w: %w%s", ErrSetup, rerr, quote(": ", stderr.String()))
	case r.Setup != "":
		return fmt.Errorf("%w: %s", ErrSetup, r.Setup)
	case r.Blocked != "":
		return fmt.Errorf("%w: %s", ErrBlocked, r.Blocked)
	case r.Start != 0:
		return startError(p.path, r.Start)
	case r.Crowd:
		return fmt.Errorf("%w of %d", ErrCrowd, child.MaxTasks)
	}
	if r.Status.ExitStatus() == exitUnsupported {
		err = fmt.Errorf("%w%s", selector.ErrUnsupported, quote(": ", stderr.String()))
	} else {
		err = spared(statusError(r.Status, stderr.String()), kills)
	}
	if r.Left > 0 {
		left := fmt.Errorf("%w: %d, now killed", ErrLeft, r.Left)
		if err != nil {
			left = fmt.Errorf("%w, and %w", left, err)
		}
		err = left
	}
	return err
}

// spared makes ErrSetup of a bad end that the machine may have caused: it had no room
// for more processes, or no memory.
func spared(err error, kills int) error {
	if err == nil {
		return nil
	} else if short := limits.Short(); short != nil {
		return fmt.Errorf("%w: no room for the processes of a program: %w; the program ended with: %v", ErrSetup, short, err)
	} else if limits.OOMKills() > kills {
		return fmt.Errorf("%w: the machine ran out of memory, and the kernel killed processes; have fewer labs up at once (--parallel); the program ended with: %v", ErrSetup, err)
	}
	return err
}

// start runs the program and reports how it ended, or why that is not known.
func (p *program) start(ctx context.Context, o selector.Observation, stdin io.Reader, stdout, stderr io.Writer, meter *pace.Meter) (child.Report, error) {
	s := child.Spec{
		Path: p.path, Args: p.argv, Env: environ(o),
		Stdin: stdin, Stdout: stdout, Stderr: stderr,
		Fresh:   true,
		Confine: true, // other programs are asked in the same guest
		Started: meter.Follow,
	}
	if o.Guest != nil && o.Guest != selector.Here {
		s.Net = o.Guest
	}
	s.Hostname, s.Etc = o.Hostname, etc(o)
	if o.Disk != nil {
		s.Keep, s.Disk = true, o.Disk.Swap(nil)
	}
	r, err := child.Run(ctx, s)
	if o.Disk != nil {
		s.Disk.Close()
		o.Disk.Swap(r.Disk).Close()
	}
	if s.Net != nil && r.Setup == "" {
		if terr := tidy(o.Guest); err == nil {
			err = terr
		}
	}
	if len(r.Notes) > 0 {
		p.noted.Do(func() {
			p.opts.Logger.Warn("selector does not see the guest alone", "selector", p.name, "notes", r.Notes)
		})
	}
	return r, err
}

func encode(o selector.Observation) ([]byte, error) {
	input, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("%w: encode the observation: %w", ErrSetup, err)
	}
	return input, nil
}

func environ(o selector.Observation) (env []string) {
	for _, key := range []string{"PATH", "LANG"} {
		if v, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+v)
		}
	}
	env = append(env, "HOME="+child.Home, "TMPDIR="+child.Temp, "PASSTLAB_ROLE="+o.Role, "PASSTLAB_INTERFACE="+o.Interface)
	if o.Target.IsValid() {
		env = append(env, "PASSTLAB_TARGET="+o.Target.String())
	}
	return env
}
