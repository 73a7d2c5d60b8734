// Package expect holds the failures that are known of selectors: those that a
// project states in a file such as passtlab.expect.yaml, and those that
// scenarios state. They are strict: a stated failure that does not
// happen is an xpass, and another failure than the stated one stays a fail.
//
// A file comes before scenarios. Write makes one of the failures of a run.
package expect
