// Package frame reads the IPv6 packets in Ethernet frames, and makes frames with
// neighbour discovery messages (RFC 4861), for those who have no socket on the
// link that could.
//
// Frames with a tag (IEEE 802.1Q) are not read, and no checksum is looked at.
package frame
