// Package run puts scenarios and selectors together: it builds the lab of a
// scenario once and plays its timeline; at each checkpoint it measures the
// truth table, asks every selector, judges the choices by what was measured, and
// reports.
//
//	rep, err := run.All(ctx, run.Config{Scenarios: …, Selectors: …})
//	os.Exit(rep.ExitStatus())
//
// Play is the level below, for those who bring their own runner, as the Ginkgo
// suites do: it plays one scenario.
//
// An answer goes through three files: ask.go asks, and watch.go listens to a
// selector that tells its choice by itself; laws.go asks again; judge.go judges.
//
// What makes a choice right is the truth table alone: every chosen address
// must have worked in both directions, and no address is right only where none
// works. An address that works only as long as the guest keeps quiet on its
// other addresses is right, with a remark. Nothing that goes wrong in a lab, and
// no disagreement between a scenario's author and the measurement, is a failure
// of a selector: it is an error.
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
// A selector that remembers (selector.Traits.Start) runs from one boot of the
// guest to the next, once for each role. One that tells its choice by itself
// (selector.Instance.Said) is shown a checkpoint before that is measured, and
// waited for until it is right and has had time to leave that choice. If it
// changes and comes back between two checkpoints, that is a flap too, unless the
// address was not there after one of the steps.
//
// The laws apply to a fresh selector (Selector.Select), and to programs at the
// end alone. A selector whose rule is the kernel's order
// (selector.Traits.KernelOrder) is judged by the order of this kernel; the
// report adds what it chooses in the order of other kernels. Where this kernel
// lists the oldest address first, it is skipped if it does not do what scenarios
// state.
//
// # On a busy machine
//
// Limits are of a selector's own time: what its program waits for a processor,
// and what passtlab itself does (package internal/pace), does not count. A
// program that does not get its time is an error (command.ErrSlow); what it says
// after it has waited for a second does not count, and it is asked again. A
// scenario that the environment spoils is played once more; what a selector did
// wrong stays wrong. Labs are as many at once as the machine's
// limits allow (internal/limits), and begin only while its neighbour table has
// room.
//
// Not modelled: what a selector that watches would do after a rest of
// Options.WatchKeep, where it is right already. In-process selectors that
// outlive their time limit cannot be stopped, only given up on.
package run
