// Package frame makes Ethernet frames with neighbour discovery messages
// (RFC 4861) for those who have no socket on the link that could.
package frame
