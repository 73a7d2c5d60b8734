// Package pace tells a slow program from a slow machine.
//
// A busy machine does not run a program that wants to run. That time is the
// machine's, and a Meter counts it:
//
//   - waited: a task of the program was ready to run and waited for a processor,
//     by the kernel's own count (/proc/PID/task/TID/schedstat, field 2, in ns).
//     Of several tasks that wait at once, the one that waits longest counts.
//   - delayed: this process was not run on time itself, so that nothing is known
//     about the program. A stopped process and a paused virtual machine look
//     like that, too.
//
// The rest of the wall time is the program's own, sleep, disk and network
// included. Limits are held against that.
//
// A Meter looks twenty times a second, less often where looking takes long. A
// task that comes and goes between two looks is not seen. Without
// CONFIG_SCHED_INFO (all distributions have it) only delays are counted.
package pace
