// Package advise predicts which address a Talos node behind passt will take
// for kubelet and etcd, before there is a node, and writes the configuration
// patches that make it the right one.
//
// It takes the pod's address, which passt leases as a /128, and the guest's MAC, of
// which the kernel makes the SLAAC address (RFC 4862 5.5.3, RFC 4291 appendix A).
// It predicts by the orders of package talos, and gives out a patch only if it
// helps, whichever of the two addresses arrives first, there and in the caller's
// labs (Lab).
//
// Not modelled: stable privacy (RFC 7217) and temporary addresses, which Talos
// does not make by default, virtual addresses, further interfaces, and what
// Talos remembers of an address that it took before a patch.
package advise
