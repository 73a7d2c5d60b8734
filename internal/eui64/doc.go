// Package eui64 forms addresses from MACs by modified EUI-64 (RFC 4291 appendix A).
// The kernel does the same, for SLAAC and link-local addresses, if addr_gen_mode is 0.
package eui64
