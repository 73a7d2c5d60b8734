// Package probe measures the truth table: which of the guest's addresses work, in which
// direction, over TCP and UDP. It uses real sockets.
//
// Every exchange has payload. A connection alone proves nothing, because passt accepts it
// before it connects to the guest. The server answers with the nonce of the client and
// the two addresses that it saw. So the table has the source that the peer saw.
//
// A negative result is the errno with which the kernel ended the exchange: EHOSTUNREACH if
// nobody answers neighbour solicitations for the address, ECONNREFUSED if the host has no
// such server, EADDRNOTAVAIL if the address cannot be bound. An exchange that times out
// proves nothing and is an error of the lab (ErrInconclusive). So is a control that fails.
// Controls show, before and after the exchanges of every candidate, that the hops peer–pod
// and pod–guest work. They use link-local addresses, which are not translated.
//
// The real passt reports few refusals: it accepts a connection first, and does not forward
// the guest's ICMPv6 errors. With it (Config.Silence) an exchange without an answer for
// half a second is Silent, if controls over the same hops that begin later are answered,
// and if the same happens to a second exchange.
//
// A passt that was restarted may not reach the guest until that sends (Config.Unheard). The
// guest's part in an exchange is to send. So what comes in is measured first then, with
// controls over the hop to the pod alone.
//
// Not probed: inbound echo (ping). The pod answers it, for every guest.
package probe
