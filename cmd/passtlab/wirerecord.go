package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
	"github.com/spf13/cobra"
)

// recordLimit bounds a recording, which takes a fraction of a second.
const recordLimit = time.Minute

func wireRecordCommand() *cobra.Command {
	var backendFlag, release, stimuli string
	c := &cobra.Command{
		Use:   "record --backend passt[=PATH] FILE",
		Short: "Record what a real passt answers, to be compared by passtlab wire",
		Long: `Record starts the real passt in its socket mode, in a pod of its own, sends it
the frames of a recorded guest and writes what it answers to FILE.`,
		Example: "  passtlab wire record --backend passt=./passt new.txt && passtlab wire new.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := parseBackend(c.Context(), backendFlag)
			if err != nil {
				return err
			}
			if !b.Real() {
				return errors.New("--backend: the simulation is what recordings are compared with; name the real passt")
			}
			if b.Release = cmp.Or(release, b.Release); b.Release == sim.UnknownRelease {
				return fmt.Errorf("--backend: %s does not say which release it is; name it by --release", b.Program)
			}
			from, err := readStimuli(stimuli)
			if err != nil {
				return fmt.Errorf("--stimuli: %w", err)
			}
			return withRights(c, func() error {
				f, err := outfile.Create(args[0])
				if err != nil {
					return err
				}
				defer f.Discard() // half a recording is none
				if err := recordWire(c.Context(), b, from, f); err != nil {
					return labFailed(err)
				}
				return labFailed(f.Commit())
			})
		},
	}
	c.Flags().StringVar(&backendFlag, "backend", "passt", backendUsage)
	c.Flags().StringVar(&release, "release", "", "write `RELEASE` into the first line; default: what the program says it is")
	c.Flags().StringVar(&stimuli, "stimuli", "", "send the guest's frames of the recording in `FILE`; default: those that passtlab was tested with")
	return c
}

func readStimuli(file string) (*wire.Recording, error) {
	if file == "" {
		return wire.Stimuli()
	}
	return wire.ReadFile(file)
}

// recordWire records a real passt in the pod of all recordings.
func recordWire(ctx context.Context, b sim.Backend, from *wire.Recording, w io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, recordLimit, fmt.Errorf("no result after %s", recordLimit))
	defer cancel()
	s, err := sim.OpenSocket(ctx, b, wire.Pod(passt.Release{}), wire.Guest)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	rec, err := wire.Record(ctx, s, b.Release, from)
	if err != nil {
		return err
	}
	return rec.Write(w)
}
