package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

type runFlags struct {
	labFlags
	asked
	kernelFlags
	out              output
	knownFailures    bool
	capture          string
	writeExpect      string
	shard, durations string
	gitBisect        bool
}

// newRun returns the command. build is for tests; nil is that of the backend.
func newRun(build run.Builder) *cobra.Command {
	f := runFlags{labFlags: labFlags{build: build}}
	c := &cobra.Command{
		Use:   "run [SCENARIO.yaml | ID | label:NAME]...",
		Short: "Judge selectors in the labs of scenarios",
		Long: `Run builds the lab of each scenario once, measures which addresses work, and
asks every selector there. Without arguments it runs the whole corpus, without
--selector and --exec all built-in selectors.

A program given by --exec is run inside the guest, once for each role. It gets
the observation as a JSON object on standard input (passtlab observe prints
one), and the role, the interface and an address of another node also as
PASSTLAB_ROLE, PASSTLAB_INTERFACE and PASSTLAB_TARGET; of the environment only
PATH and LANG are passed on. It prints one address on a line of its own, or
{"addresses": [...], "reason": "..."}, or nothing for none. Exit status 77 means
unsupported, with the reason on standard error; any other but 0 is a failure. It
has 5 s and 64 KiB of output, and may leave no process behind. It cannot change
the guest's network, nor the machine: it has no capabilities, all files are
read-only, and HOME, TMPDIR, /tmp, /var/tmp and /run are its own: empty in a new
guest, and kept in it from one question to the next and over a reboot.
docs/programs.md has all that a program may expect.

Times are the program's own: what it waits for a processor does not count. Where
it does not get its time in twelve times as long, the result is an error, the
machine was too slow to tell.

A program given by --exec-watch is started once in the guest, for each role,
before the first event, and again after a reboot. Every line it prints is its
choice from then on, in the same forms, "none" or an empty line for none. On
standard input it gets the observation as one line of JSON at the start, and
another at each checkpoint, and need not read them. A choice that is right counts
once the program has read what it got, if it reads at all, and has then done
nothing for 0.25 s, or after 2 s.

A selector is asked at each checkpoint of a scenario. It fails when its choice
does not work there (wrong), when it has none although one would work (lost),
when it left a choice that still works (flap), when it was right too late
(late), and when its choice depends on what must not matter: on the order of the
list, unless the kernel's order is its rule (--kernel-order), on an address that
loses, or on nothing at all (unstable).

With --kernel the same command runs as root in a virtual machine that boots that
kernel, by qemu-system-x86_64, with 4 labs up at once unless told otherwise; this
process needs no rights. It sees the machine's files and changes them as this
process would, has its environment and working folder, and so has every program
there; /proc, /sys, /dev and /run are the virtual machine's own, and it has no
network. Where its processor is emulated, selectors have 10 times their limits.
passtlab kernels lists kernels. A virtual machine that fails is the
lab's failure, status 3.`,
		Example: `  passtlab run --selector talos-v1 passt-slaac-then-dhcpv6
  passtlab run --exec 'mine=./pick.sh -6' label:core
  passtlab run --format junit --output junit.xml
  passtlab run --exec mine=./pick.sh --expect passtlab.expect.yaml
  passtlab run --kernel 6.1 --exec 'mine=./pick.sh -6' label:core
  passtlab run --shard 3/8 --format json --output report-3.json`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fs := c.Flags()
	f.asked.add(fs)
	f.addWatches(fs)
	f.out.add(c, "report", report.Formats())
	f.out.addAll(c)
	fs.BoolVar(&f.knownFailures, "known-failures", false, "count failures that scenarios list as xfail, and their absence as xpass")
	fs.StringVar(&f.writeExpect, "write-expect", "", "write the failures to a new `FILE` for --expect")
	fs.StringVar(&f.shard, "shard", "", "run the part `INDEX/COUNT` of the scenarios; passtlab report merge puts parts together")
	fs.StringVar(&f.durations, "durations", "", "balance shards by the durations in the report `FILE`")
	fs.BoolVar(&f.gitBisect, "git-bisect", false, "exit as \"git bisect run\" wants it: 0 good, 1 bad, 125 cannot tell, 128 stop")
	fs.StringVar(&f.capture, "pcap", "", pcapUsage)
	f.labFlags.add(c)
	f.addExpect(c)
	f.kernelFlags.add(c)
	c.MarkFlagsMutuallyExclusive("expect", "write-expect")
	// The failures in a scenario are those with the scenario's own client.
	c.MarkFlagsMutuallyExclusive("client", "known-failures")
	return c
}

func (f *runFlags) run(c *cobra.Command, args []string) error {
	if err := f.out.check(); err != nil {
		return err
	}
	if err := f.kernelFlags.check(); err != nil {
		return err
	}
	if f.kernel != "" && !c.Flags().Changed("parallel") {
		f.parallel = parallelInside
	}
	f.labFlags.slower = f.kernelFlags.slower()
	// config checks the arguments and builds selectors before a kernel boots, because a
	// virtual machine has no network.
	cfg, err := f.config(c, args, f.asked)
	if err != nil {
		return err
	}
	cfg.Capture, cfg.KnownFailures = f.capture, f.knownFailures
	if f.knownFailures {
		f.again = append(f.again, "--known-failures")
	}
	if f.kernel != "" {
		f.again = append(f.again, "--kernel", f.kernel)
	}
	if err := f.cut(&cfg); err != nil {
		return err
	}
	if f.elsewhere() {
		return f.kernelFlags.run(c)
	}
	return f.withLabs(c, func() error { return f.judge(c, cfg) })
}

func (f *runFlags) judge(c *cobra.Command, cfg run.Config) error {
	// All files are opened before the labs are built, so that a bad name fails at once.
	if err := makeCaptures(f.capture); err != nil {
		return err
	}
	var failures *outfile.File
	if f.writeExpect != "" {
		file, err := outfile.CreateNew(f.writeExpect)
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s exists; use --expect, or remove it", f.writeExpect)
		}
		if err != nil {
			return fmt.Errorf("--write-expect: %w", err)
		}
		failures = file
	}
	defer failures.Discard()
	if err := f.out.open(); err != nil {
		return err
	}
	defer f.out.file.Discard()
	rep, err := runLabs(c, cfg)
	if err != nil {
		return err
	}
	if err := f.out.write(c, rep.Write); err != nil {
		return err
	}
	if f.gitBisect {
		return exit(judgement(rep))
	}
	if failures != nil && rep.ExitStatus() == report.StatusFail {
		return f.writeFailures(c, rep, cfg.Scenarios, failures)
	}
	return exit(rep.ExitStatus())
}

// cut removes from cfg the scenarios of other shards.
func (f *runFlags) cut(cfg *run.Config) error {
	if f.shard == "" {
		if f.durations != "" {
			return errors.New("--durations: it needs --shard")
		}
		return nil
	}
	s, err := report.ParseShard(f.shard)
	if err != nil {
		return fmt.Errorf("--shard: %w", err)
	}
	seconds := report.Durations()
	if f.durations != "" {
		r, err := report.Read(f.durations)
		if err != nil {
			return fmt.Errorf("--durations: %w", err)
		}
		seconds = r.Durations()
	}
	if cfg.Scenarios, err = s.Cut(cfg.Scenarios, seconds); err != nil {
		return fmt.Errorf("--shard: %w", err)
	}
	cfg.Shard = &s
	return nil
}

// writeFailures writes the failures as expectations. From now on they are known, so the
// command does not fail.
func (f *runFlags) writeFailures(c *cobra.Command, report *report.Report, run []*scenarios.Scenario, file *outfile.File) error {
	err := expect.Write(file, report, run)
	if err == nil {
		err = file.Commit()
	}
	if err != nil {
		return labFailed(fmt.Errorf("--write-expect: %w", err))
	}
	fmt.Fprintf(c.ErrOrStderr(), "passtlab: wrote %d failures to %s; add the reasons there, and use --expect from now on\n",
		report.Summary.Fail, f.writeExpect)
	return nil
}
