// Package inbound is the suite about passt's most surprising rule: inbound
// traffic goes to the last source that the guest used. For each state of a
// guest, each address that a server is bound to, and some passt releases, a peer
// connects to the pod's address over TCP and UDP; the verdict, and the destination
// that the guest's link saw, are compared with those of the real program.
//
// Every cell is measured. The suite concludes that nothing answers from a packet
// on the guest's link whose destination the guest does not own, never from a
// time-out.
//
// The real program accepts the peer's connection before it asks the guest, so its
// peers see a reset where here they see a refusal. Both are "fails".
package inbound
