// Package cleanup tests that labs do not change the namespace in which the program was
// started (the canary), and that they leave no namespace, descriptor, goroutine or
// process behind: after a run, a cancelled run, a selector that panics, and a kill at
// any point. A test shows that each check notices what it is for.
package cleanup
