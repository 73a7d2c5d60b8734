// Package child runs a program in namespaces of its own, and takes care that
// nothing of it is left.
//
// A small init starts the program. The init is this executable again under a
// private name, recognised when the package is initialised. It is process 1 of a
// new PID namespace, enters the network namespace it is given, and has a mount
// namespace of its own. When it ends, in whatever way, the kernel kills all that
// the program left; and it ends with this process.
//
// Without Spec.Confine this is no sandbox: the program has this process's rights
// and sees its files, as a DHCP client has to.
//
// # Confined programs
//
// With Spec.Confine the program cannot change what outlives it, nor what another
// program is shown, whether this process is root of the machine or root of a user
// namespace. docs/programs.md has the rules for their authors.
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
// No user namespace is made for that, because many systems forbid them. All of
// it works on Linux 5.10.
//
// What is left to the program: it sends packets from the addresses of its network
// namespace, may open named pipes and sees all files that this process may read,
// and uses processor time and memory until it is killed.
package child
