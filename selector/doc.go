// Package selector is the seam for the implementation under test: a Selector
// is shown an Observation and answers with a Choice.
//
// An observation holds what any process on the guest could read from the
// kernel, in the kernel's own order, and the configuration it would have been
// given. How an address came about (SLAAC, DHCPv6, …) is not in it: finding
// out is the selector's task.
package selector
