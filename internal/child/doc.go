// Package child runs a program in its own namespaces and leaves nothing of it behind.
//
// A small init starts the program. It is this executable again, which recognises its
// private name when this package is initialised. The init is process 1 of a new PID
// namespace, with a mount namespace of its own, in the network namespace of the Spec.
// When it ends, the kernel kills all processes that are left. It ends when this
// process ends.
//
// Without Spec.Confine this is no sandbox: the program has the rights and files of
// this process, as a DHCP client needs.
//
// # Confined programs
//
// With Spec.Confine the program cannot change anything that outlives it or that
// another program sees, whether this process is root of the machine or of a user
// namespace. docs/programs.md has the rules for authors of programs.
//
//   - All mounts are read-only, but for a few small folders of its own (files.go).
//   - It has no capability but CAP_DAC_READ_SEARCH, and cannot trace or signal the
//     init (confine.go).
//   - It cannot make a user namespace, and has sockets of IPv4, IPv6 and netlink
//     alone (filter.go).
//   - It has IPC, UTS, cgroup, mount and PID namespaces of its own, dumps no core
//     and gets no real-time priority (confine.go).
//   - It is killed when it has more than MaxTasks (crowd.go).
//
// This needs no user namespace, which many systems forbid, and works on Linux 5.10.
//
// Not prevented: the program sends packets from the addresses of its network
// namespace, opens named pipes, reads all files that this process may read, and uses
// processor time and memory until it is killed.
package child
