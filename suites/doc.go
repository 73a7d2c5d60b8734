// Package suites puts scenarios and selectors together: it builds the lab of
// a scenario once and plays its timeline; at each checkpoint it measures the
// truth table, asks every selector, judges the choices by what was measured, and
// reports.
//
//	report, err := suites.Run(ctx, suites.Config{Scenarios: …, Selectors: …})
//	os.Exit(report.ExitStatus())
//
// Open is the level below, for those who bring their own runner: a Session is
// one timeline that was played, and Session.Judge tells how one selector did in
// it. The Ginkgo suites in the folders conformance, prove and harness are made
// of that.
//
// # Verdicts
//
// A fail says that a selector is wrong, an error that passtlab or its
// environment is. Nothing that goes wrong in a lab, and no disagreement
// between a scenario's author and the measurement, is ever laid at a
// selector's door. Verdicts merge by getting worse:
//
//	pass < xfail < skip < xpass < fail < error
//
// xfail is a failure that is stated, with the pick that is stated; it counts as
// fine. xpass is a stated failure that did not happen: the statement is out of
// date, so it fails the run, as fail does. Scenarios state failures, and so do
// the Expectations of a project, which come first.
//
// What makes a choice right is the truth table alone: every chosen address
// must have worked in both directions, and no address is right only where none
// works. An address that works only as long as the guest keeps quiet on its
// other addresses is right, with a remark.
//
// # Over time
//
// One result covers the timeline; the first checkpoint that a selector fails
// decides. It fails there if its choice does not work (wrong), if it chose none
// although a candidate works (lost), if it left a preferred address that worked
// at the last judged checkpoint and still does, across a reboot as well (flap),
// if it was right only after the bound that the checkpoint sets (late), or if
// its choice breaks one of the laws of package stability (unstable). A checkpoint
// that is not judged only asks.
//
// A selector that remembers (selector.Traits.Start) lives from the boot of the guest
// to the next, once for each role. One that tells its choice by itself
// (selector.Instance.Said) is shown a checkpoint before that is measured, and waited for
// until it is right and has had a moment to leave that choice. If it changes and comes back between two
// checkpoints, that is a flap too, unless the address was not there after one of
// the steps.
//
// The laws are held against a fresh selector (Selector.Select), which a Watch
// has none of, and against programs at the end alone. A selector whose rule is
// the kernel's order (selector.Traits.KernelOrder) is judged by the order of this
// kernel; the report adds what the order of other kernels would make of it. Where
// this kernel lists the oldest address first, it is skipped if it does not do what
// scenarios state.
//
// # On a busy machine
//
// Limits are of a selector's own time: what its program waits for a processor,
// and what passtlab itself does (package internal/pace), does not count. A
// program that does not get its time is an error (command.ErrSlow); what it says
// after it has waited for a second does not count, and it is asked again. A scenario
// that the environment spoils is played once more (Session.Again); what a
// selector did wrong stays wrong. Labs are as many at once as the machine's
// limits allow (internal/limits), and begin only while its neighbour table has
// room.
//
// # More than one run
//
// Compare says what changed from version to version of a selector, all asked in
// the same labs; Bisect finds the version. A run can be cut into shards
// (Shard.Cut), whose reports Merge puts together. Package selectortest runs
// all this inside someone's own go test.
//
// Not modelled: what a selector that watches would do after a rest of
// Options.WatchKeep, where it is right already. In-process selectors that
// outlive their time limit cannot be stopped, only given up on.
package suites
