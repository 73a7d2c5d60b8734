// Package userns lets an ordinary user run the labs. It runs a program as root of a new
// user namespace that owns a network and a mount namespace.
//
// Inside, the user's uid and gid are 0 and there is no other user, setgroups is off
// (user_namespaces(7)), the loopback interface is up with 127.0.0.1 and ::1, and mounts
// are private. There is no other interface, so a download has to happen before.
//
// If the system forbids it, an *Error names the cause and the remedy: a sysctl of the
// kernel, of Debian or of Ubuntu, a container's system call filter or AppArmor profile, a
// missing capability, a read-only /proc/sys, a chroot, or a missing /proc.
//
// The package starts /proc/self/exe with a private name as argument 0. Its init function
// recognises the name, sets the namespaces up and then executes the program in its place.
// The main function does not run in between.
//
// Not modelled: subordinate ids (newuidmap), cgroups, and a PID namespace. If the outer
// process is killed, so is the program inside, but not the programs that it has started.
package userns
