// Package limits reads the limits of the machine, the container and the session: how
// much a process may have, how much is in use, and how a user raises the limit. The
// error of a lab that meets a limit has to name it.
//
//   - Open files count for this process (RLIMIT_NOFILE).
//   - Processes and threads count for the user (RLIMIT_NPROC; root of the machine has
//     no such limit) and for the control group (pids.max).
//   - Entries of the IPv6 neighbour table (gc_thresh3) count for the whole machine,
//     over all network namespaces.
//   - Namespaces count for the user (/proc/sys/user); the kernel returns ENOSPC.
//
// Not modelled: memory. OOMKills counts the processes that the kernel has killed
// because memory ran out.
package limits
