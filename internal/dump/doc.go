// Package dump repeats rtnetlink dumps until one is whole. If a table changes while
// the kernel dumps it, entries may be missing or stand twice. The kernel marks such
// a dump (NLM_F_DUMP_INTR), and netlink returns ErrDumpInterrupted.
//
// The kernel never marks dumps of IPv6 routes. Those of a lab fit into one message,
// which the kernel fills at once. net.Interfaces and net.InterfaceByName ignore the
// mark.
package dump
