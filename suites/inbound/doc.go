// Package inbound tests passt's most surprising rule: inbound traffic goes to the last
// source that the guest used. For each state of a guest, each address that a server is
// bound to, and some passt releases, a peer connects to the pod's address over TCP and
// UDP. The suite compares the verdict, and the destination on the guest's link, with
// those of the real program.
//
// It measures every cell. It concludes that nothing answers from a packet on the guest's
// link to an address that the guest does not have, never from a time-out.
//
// The real program accepts the peer's connection before it asks the guest. So its peers
// see a reset where they see a refusal here; both are "fails".
package inbound
