// Package harness holds the tests of passtlab as a whole: that labs leave the
// namespace alone in which the program was started (the canary), and leave
// nothing behind: no namespace, no descriptor, no goroutine, be it after a
// run, after a cancelled one, after a selector that panics, or after the
// program was killed. Each check is itself shown to notice what it is for.
package harness
