// Package userns lets an ordinary user run the labs: it runs a program again,
// or another program, as root of a new user namespace that owns a network and
// a mount namespace of its own.
//
// Inside, the user's own uid and gid are 0 and nobody else exists, setgroups
// is off (user_namespaces(7)), the loopback interface is up with 127.0.0.1 and
// ::1, and mounts are private. There is no other interface: what needs the
// network, such as a module download, has to happen before.
//
// Where the system forbids it, an *Error names what stands in the way and what
// would lift it: the sysctls of the kernel, of Debian and of Ubuntu, a
// container's system call filter or AppArmor profile, a missing capability, a
// read-only /proc/sys, a chroot, a /proc that is not there.
//
// The program is started by way of itself: /proc/self/exe with a private name
// as argument 0, recognised when this package is initialised, which makes the
// namespaces ready and then executes the program in its place. Nothing of the
// main program runs in between.
//
// Not modelled: subordinate ids (newuidmap), cgroups, and a PID namespace. If
// the outer process is killed, the program inside is too, but what that had
// started lives as long as it likes.
package userns
