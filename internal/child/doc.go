// Package child runs a program in namespaces of the lab's, and takes care that
// nothing of it is left.
//
// The program is started by a small init, which is this executable again under
// a private name, recognised when the package is initialised. The init is
// process 1 of a new PID namespace, enters the network namespace it is given,
// and has a mount namespace of its own. When it ends, in whatever way, the
// kernel kills all that the program left; and it ends with this process.
//
// Without Spec.Confine this is no sandbox: the program has this process's rights
// and sees its files, as a DHCP client has to.
//
// # Confined programs
//
// With Spec.Confine the program has no means to change what outlives it, nor
// what another program is shown. It is confined alike whether this process is
// root of the machine or root of a user namespace:
//
//   - all mounts are read-only, /proc and /sys among them; /tmp, /var/tmp, /run
//     and /dev/shm are its own and small, and have the files of Spec.Disk; /dev
//     has null, zero, full, random and urandom (files.go);
//   - it has no capability but CAP_DAC_READ_SEARCH, gets none by the execution of
//     another program, and cannot trace or signal the init (disarm.go);
//   - it has IPC, UTS, cgroup, mount and PID namespaces of its own;
//   - it cannot make a user namespace, and has sockets of IPv4, IPv6 and netlink
//     alone (filter.go);
//   - it dumps no core, gets no real-time priority, and is killed when it has more
//     than MaxTasks (crowd.go).
//
// No user namespace is made for that, because many systems forbid them. All of
// it works on Linux 5.10.
//
// What is left to the program: it sends packets from the addresses of its network
// namespace, may open named pipes and sees all files that this process may read,
// and uses processor time and memory until it is killed.
package child
