// Package eui64 forms addresses of MACs by modified EUI-64 (RFC 4291 appendix
// A), as the kernel does for SLAAC and for link-local addresses when
// addr_gen_mode is 0.
package eui64
