// Package wire reads, writes and replays recordings of what a passt answered
// to a guest, frame by frame.
//
// A recording is a text file. Its first line names the release; "= TITLE"
// starts a case, "> HEX" is an Ethernet frame that the guest sent, each "< HEX"
// one that passt sent back; no such line means silence. A case whose number is
// 00 has no frame of the guest: it holds what passt sent unasked on connect.
// The cases were sent one after another to one running passt, so that state
// carries over.
//
// Play builds the engine of a release for the pod that recordings are made in,
// feeds it the guest's frames in order, and compares what it answers byte for
// byte. The one thing taken from the recording is the time in the server's DUID
// (RFC 8415 11.2).
//
// Record makes a recording of a real passt at the other end of a connection,
// with the guest's frames of another recording.
//
// Not modelled: when frames came. A recording has no times, and what passt
// sends minutes later by itself is in none.
package wire
