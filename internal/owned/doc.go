// Package owned removes files that dead processes have left. A process that makes a
// file or folder locks it (flock(2)). The kernel releases the lock when the process
// ends, and the lock works across PID namespaces.
//
// Make locks the folder above until the new entry has its own lock, so that Sweep
// never removes a new entry.
package owned
