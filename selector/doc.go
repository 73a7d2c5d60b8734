// Package selector has the interface of what is under test: a Selector gets an
// Observation and answers with a Choice.
//
// An observation has what any process on the guest can read from the kernel, in the
// kernel's order, and the configuration of the component. It does not say how an
// address came about (SLAAC, DHCPv6, …): to find that out is the selector's task.
package selector
