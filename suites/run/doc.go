// Package run builds the lab of each scenario once and plays its timeline. At each
// checkpoint it measures the truth table, asks every selector, judges the choices by
// the table, and reports.
//
//	rep, err := run.All(ctx, run.Config{Scenarios: …, Selectors: …})
//	os.Exit(rep.ExitStatus())
//
// Play plays one scenario, for those who bring their own runner. ask.go asks a
// selector, watch.go listens to one that watches, laws.go asks again in other orders,
// and judge.go judges the answer.
//
// A choice is right if every chosen address works in both directions, or if it is no
// address and none works. An address that works only while the guest keeps quiet on
// its others is right, with a remark. Where the lab fails, or the measurement
// contradicts the scenario's author, the result is an error.
//
// # Over time
//
// One result covers the timeline; the first checkpoint that a selector fails decides.
// It fails there if its choice does not work (wrong), if it chose none although a
// candidate works (lost), if it left a preferred address that worked at the last
// judged checkpoint and still does, or left it and came back (flap), if it was right
// only after the checkpoint's bound (late), or if its choice breaks a law of package
// stability (unstable).
//
// A selector that remembers (selector.Traits.Start) runs from one boot of the guest
// to the next, once for each role. It is shown the guest after each event
// (selector.Instance.See). One that watches (selector.Instance.Said) is shown
// the guest before the measurement. The run then waits until its choice is right, and
// until it has had time to leave that choice. It gets as much time to see each other
// event, before the next one is played.
//
// The laws are checked on a fresh selector, and on programs at the end alone. A
// selector whose rule is the kernel's order (selector.Traits.KernelOrder) is judged by
// this kernel's order; the report adds its choice in the other one. Where this kernel
// lists the oldest address first, such a selector is skipped if it does not do what
// the scenario says.
//
// # On a busy machine
//
// Limits are of a selector's own time: neither what its program waits for a processor
// nor what passtlab does counts (package internal/pace). A program that does not get
// its time is an error (command.ErrSlow). A scenario whose lab or program fails is
// played once more; what a selector did wrong stays wrong.
//
// Not modelled: what a selector that watches would do after a rest of
// Options.WatchKeep. An in-process selector that outlives its time limit cannot be
// stopped: it goes on in a goroutine that nobody waits for.
package run
