// Package fidelity compares the simulated passt with the real program: the same
// scenarios on both backends must give the same truth tables, and every built-in
// selector the same verdicts. The simulation behaves as the program's release.
//
// Differences that must be stand in Differences, with a name and a reason. Another
// difference fails, and so does a listed one that does not occur.
//
// The suite also plays recordings of frames into the simulation: those of
// sim/passt/wire, and one that it makes of the program.
//
//	make fidelity
//
// In the environment PASSTLAB_PROGRAM is the program (default: pasta in PATH). Without
// a program, or the right to run it, the suite skips; with PASSTLAB_REQUIRE_PASST=1 it
// fails.
//
// Not compared: times, and the reasons that selectors and reports give.
package fidelity
