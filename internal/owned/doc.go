// Package owned tells what a process that is gone has left behind from what one
// that lives is at work with: whoever makes a file or folder holds a lock on it
// (flock(2)), which the kernel releases with the process, however that ends, and
// which counts in every PID namespace.
//
// Between making and locking, the folder above is locked, so that nobody takes a
// new entry for one that was left.
package owned
