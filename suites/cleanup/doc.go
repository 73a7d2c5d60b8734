// Package cleanup tests that labs leave the namespace alone in which the program
// was started (the canary), and that nothing is left of them, no namespace,
// descriptor, goroutine or process: after a run, a cancelled one, a selector that
// panics, and a kill at any point. Each check is itself shown to notice what it is
// for.
package cleanup
