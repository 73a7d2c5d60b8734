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
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

func wireCommand() *cobra.Command {
	var release string
	c := &cobra.Command{
		Use:   "wire FILE...",
		Short: "Compare the simulation with recordings of a real passt, byte for byte",
		Long: `Wire sends the guest's frames of a recording to a simulated passt and compares
its answers with the recorded ones. It shows differences field by field. It needs
neither a network nor rights.

Exit status: 0 no difference; 1 differences; 2 a file is no recording.`,
		Example: "  passtlab wire 2025_05_03.txt\n  passtlab wire --release kubevirt:1.4 recording.txt",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			return playAll(c.OutOrStdout(), c.ErrOrStderr(), files, release)
		},
	}
	c.Flags().StringVar(&release, "release", "", "play as `RELEASE` of passt, as latest, or as kubevirt:VERSION; default: the release in the file's first line")
	c.AddCommand(wireRecordCommand())
	return c
}

// playAll plays every file. The last line counts the cases of all of them.
func playAll(out, errs io.Writer, files []string, release string) error {
	if release != "" {
		if _, err := passt.ParseRelease(release); err != nil {
			return fmt.Errorf("--release: %w", err)
		}
	}
	status, passed, failed := report.StatusOK, 0, 0
	for _, file := range files {
		res, err := playFile(out, file, release)
		if err != nil {
			fmt.Fprintf(errs, "passtlab: %v\n", err)
			status = report.StatusUsage
			continue
		}
		passed, failed = passed+res.Passed, failed+res.Failed()
	}
	if failed > 0 && status == report.StatusOK {
		status = report.StatusFail
	}
	if len(files) > 1 {
		if _, err := fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed); err != nil {
			return err
		}
	}
	return exit(status)
}

func playFile(out io.Writer, file, release string) (res wire.Result, err error) {
	rec, err := wire.ReadFile(file)
	if err != nil {
		return res, err
	}
	rel, err := passt.ParseRelease(cmp.Or(release, min(rec.Release, passt.Last)))
	if err != nil {
		return res, fmt.Errorf("%s:1: %w; --release names another", file, err)
	}
	as := rel.Name
	if release == "" && as != rec.Release {
		as += ", the last known: the recording is of " + rec.Release
	}
	if res, err = wire.Play(rec, rel); err != nil {
		return res, fmt.Errorf("%s: %w", file, err)
	}
	if _, err := fmt.Fprintf(out, "%s as passt %s\n", file, as); err != nil {
		return res, err
	}
	return res, res.Print(out)
}

// recordLimit bounds a recording, which takes a fraction of a second.
const recordLimit = time.Minute

func wireRecordCommand() *cobra.Command {
	var backendFlag, release, stimuli string
	c := &cobra.Command{
		Use:   "record --backend passt[=PROGRAM][@RELEASE] FILE",
		Short: "Record the answers of a real passt for passtlab wire",
		Long: `Record starts the real passt in its socket mode, in a pod of its own, sends it
the frames of a recorded guest and writes its answers to FILE. With a datagram from
outside after each case it also records the address to which passt sends inbound traffic.
A line "# options: -m 1400 --no-ra" in the recording of --stimuli starts passt with these
options; sim/passt/wire/testdata/more in passtlab's source has such recordings.`,
		Example: "  passtlab wire record --backend passt=./passt new.txt && passtlab wire new.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if release != "" {
				backendFlag += "@" + release
			}
			b, err := parseBackend(c.Context(), backendFlag)
			if err != nil {
				return err
			}
			if !b.Real() {
				return errors.New("--backend: recordings come from the real passt, not from the simulation; name its program")
			}
			read := wire.Stimuli
			if stimuli != "" {
				read = func() (*wire.Recording, error) { return wire.ReadFile(stimuli) }
			}
			from, err := read()
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
	c.Flags().StringVar(&release, "release", "", "write `RELEASE` into the first line; default: the release that the program prints")
	c.Flags().StringVar(&stimuli, "stimuli", "", "send the guest's frames of the recording in `FILE`; default: those of passtlab's own tests")
	return c
}

// recordWire records a real passt in the pod of all recordings.
func recordWire(ctx context.Context, b sim.Backend, from *wire.Recording, w io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, recordLimit, fmt.Errorf("no result after %s", recordLimit))
	defer cancel()
	rec, err := sim.RecordWire(ctx, b, from)
	if err != nil {
		return err
	}
	return rec.Write(w)
}
