// Package pace tells a slow program from a slow machine.
//
// A program is given time to answer. On a machine with more to do than it has
// processors for, wall time passes in which the program wants to run and does
// not. That time is the machine's. A Meter counts it:
//
//   - waited: a task of the program was ready to run and waited for a processor,
//     by the kernel's own count (/proc/PID/task/TID/schedstat, field 2, in ns).
//     Of several tasks that wait at once, the one that waits longest counts.
//   - delayed: this process was not run on time itself, so that nothing is known
//     about the program. A stopped process and a paused virtual machine look
//     like that, too.
//
// What remains of the wall time is the program's own. Limits are held against
// that. Sleeping is the program's own time; so are disk and network.
//
// A Meter looks twenty times a second, less often where looking takes long. A
// task that comes and goes between two looks is not seen.
//
// Without CONFIG_SCHED_INFO (all distributions have it) there is no count of
// waiting, and delays of this process are all that is known.
package pace
