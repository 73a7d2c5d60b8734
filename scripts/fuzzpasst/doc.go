// Command fuzzpasst looks for frames to which a real passt answers otherwise than the
// simulated one.
//
//	go run ./scripts/fuzzpasst -frames 20000 -seed 1 2025_05_03 /usr/bin/passt
//
// It makes sessions: a command line, and some hundreds of mutated solicitations, DHCPv6
// messages and chains of extension headers. It records a session with a fresh real passt
// in its socket mode (sim.RecordWire) and plays the recording (package wire). So it
// compares every answer, and the addresses seen after each case. A session depends on the
// seed and its number alone.
//
// It reduces the first difference of a session to the frames that it takes, and writes
// these to a file that passtlab wire plays. A passt that ends by itself is a difference,
// too: the file then has the frames, and passtlab wire record --stimuli sends them.
// Differences with a reason are in difference.go.
//
// Not made: what passt forwards (TCP, echo requests, datagrams to unicast addresses), which
// package plane simulates, and IPv4.
package main
