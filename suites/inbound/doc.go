// Package inbound is the suite about passt's most surprising rule: inbound
// traffic goes to the last source that the guest used. For each state of a
// guest, each address a server is bound to, and each of a row of passt
// releases, a peer connects to the pod's address over TCP and UDP, and the
// verdict, with the destination that the guest's link saw, is compared with
// what the real program was seen to do.
//
// Every cell is measured. That nothing answers is concluded from a packet on
// the guest's link whose destination the guest does not own, never from a
// time-out.
//
// One thing differs from the real program: it accepts the peer's connection
// before it asks the guest, so its peers see a connection that is reset, where
// here they see one that is refused. Both are "fails".
package inbound
