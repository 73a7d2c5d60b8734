// Package advise predicts which address a Talos node behind passt takes for kubelet and
// etcd, before the node exists, and writes configuration patches that make the choice
// right.
//
// Its input is the pod's address, which passt leases as a /128, and the guest's MAC, of
// which the kernel forms the SLAAC address (RFC 4862 5.5.3, RFC 4291 appendix A). It
// predicts by package talos, with the subnets that Talos takes by default where none are
// given. It gives out a patch only if the patch helps, whichever of the two addresses
// arrives first, in the prediction and in the caller's labs (Lab), with a released Talos
// if the caller has one.
//
// A patch is one file for each machine type, in the form that the version of Talos
// takes. It turns DHCPv6 on as well, which Talos leaves off.
//
// An address of stable privacy (RFC 7217) cannot be predicted. Then a patch has to help
// with a low and with a high SLAAC address.
//
// Not modelled: temporary addresses, which Talos does not make by default, IPv4 and
// virtual addresses, further interfaces, and what Talos remembers of an address that it
// took before a patch.
package advise
