// Package fidelity compares the simulated passt with the real program: the
// same scenarios on both backends must give the same truth tables, and every
// built-in selector the same verdicts. The simulation behaves as the release
// that the program is.
//
// Where the two cannot be the same, the difference stands in Differences, with
// a name and a reason. A difference that is not listed there fails, and so does
// a listed one that does not occur.
//
// The second half are frames: the recordings of sim/passt/wire, and one that
// is made on the spot, played into the simulation.
//
//	make fidelity
//
// In the environment PASSTLAB_PROGRAM is the program (default: pasta in PATH),
// and with PASSTLAB_REQUIRE_PASST=1 it is a failure, not a skip, if there is
// none, or no right to run it.
//
// Not compared: times, and the reasons that selectors and reports give.
package fidelity
