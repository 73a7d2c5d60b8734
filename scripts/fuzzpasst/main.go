package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

const (
	sessionFrames = 400
	sessionLimit  = time.Minute // a session takes a fraction of a second
)

func main() {
	frames := flag.Int("frames", 20000, "how many frames each program gets")
	seed := flag.Uint64("seed", uint64(time.Now().Unix()), "the first number of the sessions")
	most := flag.Int("most", 10, "end after so many differences")
	out := flag.String("out", "out/fuzz", "the folder for recordings of differences")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status := 0
	for _, program := range flag.Args() {
		n, err := fuzz(ctx, program, *frames, *seed, *most, *out)
		if err != nil {
			fmt.Fprintln(os.Stderr, "fuzzpasst:", err)
			os.Exit(3)
		}
		if n > 0 {
			status = 1
		}
	}
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "fuzzpasst: name a passt: its path, or a release that scripts/fetch-passt.sh has fetched")
		status = 2
	}
	os.Exit(status)
}

// fuzz compares one program. It returns how many differences without a reason there are.
func fuzz(ctx context.Context, program string, frames int, seed uint64, most int, out string) (found int, err error) {
	b, err := sim.Program(ctx, program)
	if err != nil {
		return 0, err
	}
	rel, err := passt.Lookup(b.Behaves())
	if err != nil {
		return 0, err
	}
	t := target{b, rel}
	begun, sent, sessions, excused := time.Now(), 0, uint64(0), map[string]int{}
	for ; sent < frames && found < most; sessions++ {
		stimuli, err := session(seed, sessions, rel, min(sessionFrames, frames-sent))
		if err != nil {
			return found, err
		}
		for _, c := range stimuli.Cases {
			sent += len(c.Sent)
		}
		diff, err := t.compare(ctx, stimuli)
		switch {
		case err != nil:
			return found, fmt.Errorf("passt %s, seed %d, session %d: %w", b.Release, seed, sessions, err)
		case diff == nil:
			continue
		case diff.reason != "":
			excused[diff.reason]++
			continue
		}
		found++
		diff, least, err := t.reduce(ctx, stimuli, diff)
		if err != nil {
			return found, err
		}
		file := filepath.Join(out, fmt.Sprintf("%s-%d-%d.txt", b.Release, seed, sessions))
		if err := write(file, least); err != nil {
			return found, err
		}
		fmt.Printf("%s: passt %s, seed %d, session %d:\n%s\n", file, b.Release, seed, sessions, diff.text)
	}
	for why, n := range excused {
		fmt.Printf("%d sessions differ as expected: %s\n", n, why)
	}
	fmt.Printf("passt %s, seed %d: %d frames in %d sessions, %d differences, %s\n",
		b.Release, seed, sent, sessions, found, time.Since(begun).Round(time.Second))
	return found, ctx.Err()
}

func write(file string, rec *wire.Recording) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(rec.Write(f), f.Close())
}
