// Package probe measures the truth table: which of the guest's addresses work,
// in which direction, over TCP and UDP, between real sockets.
//
// Every exchange carries payload, because with passt a connection alone proves
// nothing: passt accepts before it asks the guest. The answering side writes
// back a nonce and the two addresses that it saw, which is how the source that
// the peer saw gets into the table.
//
// A negative result is the errno by which the kernel ended the exchange:
// EHOSTUNREACH when nobody answers neighbour solicitations for the address,
// ECONNREFUSED when a host has no such server, EADDRNOTAVAIL when the address
// cannot be bound. An exchange that ends by time-out proves nothing, and is an
// error of the lab (ErrInconclusive). So is a control that fails: before and
// after the exchanges of every candidate the hops peer–pod and pod–guest are
// shown to work, by link-local addresses, which no translation touches.
//
// The real passt tells few refusals: it accepts before it asks the guest, and
// does not forward the guest's ICMPv6 errors. With it (Config.Silence) an
// exchange is Silent when it had no answer for half a second and was then
// overtaken by controls over the same hops, which were begun later, and when that
// is so for a second one, too. An answer to the second is an answer.
//
// Inbound echo (ping) is not probed: the pod answers it, for every guest.
package probe
