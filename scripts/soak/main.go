package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

func main() {
	length := flag.Duration("for", 10*time.Minute, "how long it may take, the quiet run included")
	all := flag.Bool("all", false, "ask programs in every scenario")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := soak(ctx, *length, *all)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(3)
	}
	if !ok {
		os.Exit(1)
	}
}

// batch is a command line of passtlab run, without its parallelism.
type batch struct {
	name string
	args []string
}

// batches returns a batch of the built-in selectors, one of programs, and one of
// programs in the core scenarios alone: a question to a program takes some 20 ms of
// processor time.
func batches(dir string, all bool) ([]batch, error) {
	builtin := batch{"built-in selectors", []string{"--seed", "1", "--known-failures"}}
	programs := batch{"programs", []string{"--seed", "1"}}
	for _, rule := range []string{"lease", "first"} {
		programs.args = append(programs.args,
			"--exec", fmt.Sprintf("static-%s=%s %s", rule, filepath.Join(dir, "pick"), rule),
			"--exec", fmt.Sprintf("bash-%s=scripts/soak/pick.sh %s", rule, rule),
			"--exec-watch", fmt.Sprintf("watch-%s=scripts/soak/pick.sh %s watch", rule, rule))
	}
	core := batch{"programs, core scenarios", append(slices.Clone(programs.args), "label:core")}
	if !all {
		corpus, err := scenarios.Corpus()
		if err != nil {
			return nil, err
		}
		topic := ""
		for _, sc := range corpus {
			if sc.Guest.Client != scenarios.ClientKernel { // may not be installed
				continue
			}
			if t := filepath.Dir(sc.File); t != topic {
				topic = t
				programs.args = append(programs.args, sc.ID)
			}
		}
	}
	return []batch{builtin, programs, core}, nil
}

func (b batch) run(ctx context.Context, parallel int) (*report.Report, error) {
	return measure.Run(ctx, append([]string{"--parallel", fmt.Sprint(parallel)}, b.args...)...)
}

// rounds repeat until the time is over. Each has the index of a batch, the number of
// its runs at once, and the number of labs that a run has up at once.
var rounds = []struct{ batch, runs, parallel int }{
	{0, 1, run.MaxParallel}, {1, 1, run.MaxParallel}, {0, 10, run.DefaultParallel},
	{0, 1, run.MaxParallel}, {1, 1, run.MaxParallel}, {0, 10, run.DefaultParallel},
	{2, 10, run.DefaultParallel},
}

func soak(ctx context.Context, length time.Duration, all bool) (ok bool, err error) {
	ends := time.Now().Add(length)
	dir, err := os.MkdirTemp("", "passtlab-soak-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "./scripts/soak/pick")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return false, fmt.Errorf("build the static program: %w\n%s", err, out)
	}
	bs, err := batches(dir, all)
	if err != nil {
		return false, err
	}
	var quiet []*report.Report
	for _, b := range bs {
		r, err := b.run(ctx, 4)
		if err != nil {
			return false, err
		}
		if r.Summary.Error > 0 || r.Summary.Results == 0 {
			return false, fmt.Errorf("%s, on the quiet machine: %d results, %d errors: nothing to compare with", b.name, r.Summary.Results, r.Summary.Error)
		}
		if idle := silent(r); len(idle) > 0 {
			return false, fmt.Errorf("%s, on the quiet machine: %s never picks an address", b.name, strings.Join(idle, ", "))
		}
		fmt.Printf("%s: %d results, quiet\n", b.name, r.Summary.Results)
		quiet = append(quiet, r)
	}
	stop, err := busy(runtime.NumCPU())
	if err != nil {
		return false, err
	}
	defer stop()
	made, wrong, err := reach(ctx, reachable, 10_000)
	if err != nil {
		return false, err
	}
	fmt.Printf("%d exchanges with working addresses, with neighbours to resolve each time: %d did not work\n", made, len(wrong))
	for _, w := range wrong {
		fmt.Println("  " + w)
	}
	var t tally
	for i := 0; time.Now().Before(ends) && ctx.Err() == nil; i++ {
		r := rounds[i%len(rounds)]
		if err := t.load(ctx, bs[r.batch], quiet[r.batch], r.runs, r.parallel); err != nil {
			return false, err
		}
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return t.print(os.Stdout) && len(wrong) == 0, nil
}

// load runs a batch several times at once and compares.
func (t *tally) load(ctx context.Context, b batch, quiet *report.Report, runs, parallel int) error {
	begun := time.Now()
	reports, errs := make([]*report.Report, runs), make([]error, runs)
	var wg sync.WaitGroup
	for i := range runs {
		wg.Go(func() { reports[i], errs[i] = b.run(ctx, parallel) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	before, failed := *t, sum(t.kinds)
	for _, r := range reports {
		t.compare(quiet, r)
	}
	fmt.Printf("%s, %d at once with %d labs: %d results in %.0f s, %d differ, %d errors\n", b.name, runs, parallel,
		t.compared-before.compared, time.Since(begun).Seconds(), len(t.differ)-len(before.differ), sum(t.kinds)-failed)
	return nil
}

// busy starts n processes that only compute. Each has a session of its own, since
// the kernel may share the processors between sessions (sched(7), autogroup).
func busy(n int) (stop func(), err error) {
	runtime.LockOSThread() // the processes end with the thread that started them
	var cmds []*exec.Cmd
	stop = func() {
		for _, cmd := range cmds {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	for range n {
		cmd := exec.Command("/bin/sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}
		if err := cmd.Start(); err != nil {
			stop()
			return nil, fmt.Errorf("start a busy loop: %w", err)
		}
		cmds = append(cmds, cmd)
	}
	return stop, nil
}
