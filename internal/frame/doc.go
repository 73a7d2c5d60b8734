// Package frame reads IPv6 packets in Ethernet frames, and makes frames with
// neighbour discovery messages (RFC 4861) for packet sockets.
//
// Not modelled: tags (IEEE 802.1Q) and checksums of frames that are read.
package frame
