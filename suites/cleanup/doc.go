// Package cleanup holds the tests of passtlab as a whole: that labs leave the
// namespace alone in which the program was started (the canary), and leave
// nothing behind: no namespace, no descriptor, no goroutine, be it after a
// run, after a cancelled one, or after a selector that panics; and no process
// and no namespace after the program was killed in the middle of an answer, of
// a program that watches, of a step, or of a real client that configures the
// guest. Each check is itself shown to notice what it is for.
package cleanup
