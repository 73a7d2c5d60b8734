// Package wire reads, writes and replays recordings of passt's answers to a guest, frame
// by frame.
//
// A recording is a text file. Its first line names the release; a line "# options: -m 1400"
// has the command line, if it had options; "= TITLE" starts a case, "> HEX" is an Ethernet
// frame of the guest, "< HEX" a frame of passt. "@ GLOBAL LINKLOCAL" has the addresses seen
// after that: where passt sends a new datagram that comes from a global, or from a
// link-local address; - means that it sends none. A case without a frame of passt had no
// answer. The case with the number 00 has no frame of the guest,
// but the frames that passt sent unasked on connect. All cases were sent to one running
// passt, so that its state carries over.
//
// Play sends the guest's frames to the engine of a release and compares the answers byte
// for byte. It takes only the time in the server's DUID (RFC 8415 11.2) from the
// recording.
//
// Record makes a recording of a real passt at the other end of a connection, with the
// guest's frames of another recording.
//
// Not modelled: times. A recording has none, and no frame that passt sends later by
// itself.
package wire
