// Package dump makes rtnetlink dumps whole. What changes while the kernel dumps
// a table may be missing, or be there twice; the kernel marks such a dump
// (NLM_F_DUMP_INTR), and netlink returns it with ErrDumpInterrupted. The bigger
// the table, and the older the kernel, the likelier that is.
//
// Dumps of IPv6 routes are never marked. Those of a lab are one message, which
// the kernel fills at once.
//
// net.Interfaces and net.InterfaceByName make dumps as well, and ignore the mark.
package dump
