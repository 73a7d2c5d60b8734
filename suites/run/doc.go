// Package run puts scenarios and selectors together: it builds the lab of a
// scenario once and plays its timeline; at each checkpoint it measures the
// truth table, asks every selector, judges the choices by what was measured, and
// reports.
//
//	rep, err := run.All(ctx, run.Config{Scenarios: …, Selectors: …})
//	os.Exit(rep.ExitStatus())
//
// Play is the level below, for those who bring their own runner. An answer goes
// through three files: ask.go asks, and watch.go listens to a selector that tells
// its choice by itself; laws.go asks again; judge.go judges.
//
// The truth table alone makes a choice right: every chosen address must have
// worked in both directions, and no address is right only where none works. An
// address that works only while the guest keeps quiet on its others is right,
// with a remark. What goes wrong in a lab, and a scenario whose author and
// measurement disagree, is an error and no failure of a selector.
//
// # Over time
//
// One result covers the timeline; the first checkpoint that a selector fails
// decides. There its choice does not work (wrong), it chose none although a
// candidate works (lost), it left a preferred address that worked at the last
// judged checkpoint and still does, or left it and came back (flap), it was right
// only after the bound of the checkpoint (late), or its choice breaks a law of
// package stability (unstable).
//
// A selector that remembers (selector.Traits.Start) runs from one boot of the
// guest to the next, once for each role. One that tells its choice by itself
// (selector.Instance.Said) sees a checkpoint before that is measured; the run
// waits until it is right and has had time to leave that choice.
//
// The laws apply to a fresh selector, and to programs at the end alone. A
// selector whose rule is the kernel's order (selector.Traits.KernelOrder) is
// judged by the order of this kernel; the report adds what it chooses in the
// other. Where this kernel lists the oldest address first, it is skipped if it
// does not do what scenarios state.
//
// # On a busy machine
//
// Limits are of a selector's own time, without what its program waits for a
// processor and what passtlab does itself (package internal/pace). A program that
// does not get its time is an error (command.ErrSlow). A scenario that the
// environment spoils is played once more; what a selector did wrong stays wrong.
//
// Not modelled: what a selector that watches would do after a rest of
// Options.WatchKeep, where it is right already. In-process selectors that
// outlive their time limit cannot be stopped, only given up on.
package run
