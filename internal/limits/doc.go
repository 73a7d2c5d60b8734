// Package limits knows what a machine, a container or a session allows a process,
// how much of it is in use, and how to get more. A lab that meets such a limit is
// no failure of a selector, and its error has to say which limit it is.
//
// Files are those of this process (RLIMIT_NOFILE). Processes, which are threads
// to the kernel, are counted for the user (RLIMIT_NPROC; root of the machine is
// exempt) and for the control group (pids.max). Entries of the IPv6 neighbour
// table (gc_thresh3) are counted for the machine, over all its network
// namespaces. Namespaces have limits of the user's (/proc/sys/user), which show
// as ENOSPC.
//
// Not modelled: memory. Only the processes that the kernel killed for want of it
// are counted (OOMKills).
package limits
