// Package pace distinguishes a slow program from a slow machine. A Meter measures the
// time that a program loses because the machine is busy:
//
//   - waited: a task of the program was ready to run and waited for a processor,
//     as the kernel counts it (/proc/PID/task/TID/schedstat, field 2, in ns). If
//     several tasks wait at once, the longest wait counts.
//   - delayed: passtlab itself did not run on time, so it knows nothing about the
//     program. The same happens if passtlab is stopped or its machine is paused.
//
// The rest of the wall time, with sleep, disk and network, is the program's own time,
// which its limits bound.
//
// A Meter looks twenty times a second, or down to once if a look costs much. It does
// not see a task that starts and ends between two looks. Without CONFIG_SCHED_INFO
// (all distributions have it) it counts only delays.
package pace
