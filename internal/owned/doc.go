// Package owned tells files that a dead process left behind from those that are in
// use. Who makes a file or folder holds a lock on it (flock(2)). The kernel releases
// the lock with the process, however that ends, and keeps it across PID namespaces.
//
// Between making and locking, the folder above is locked, so that nobody takes a
// new entry for one that was left.
package owned
