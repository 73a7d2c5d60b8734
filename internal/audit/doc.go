// Package audit finds what tests leave behind. It compares two snapshots of the
// process: open namespaces (package netns), file descriptors, goroutines, the
// namespace of every thread, and the links, addresses, routes, rules and IPv6
// settings of the network namespace in which the process was started.
//
// Not compared: memory, and files on disk.
package audit
