// Package audit ends a suite: it compares what the process holds, and what the
// network namespace it was started in looks like, before and after.
//
// Looked at are the namespaces that package netns counts, file descriptors,
// goroutines, the namespace of every thread, and in the process's own
// namespace the links, addresses, routes, rules and IPv6 settings.
//
// Not looked at: memory, and files on disk.
package audit
