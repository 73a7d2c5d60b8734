// Package fidelity compares the simulated passt with the real program: the same
// scenarios on both backends must give the same truth tables, and every built-in
// selector the same verdicts. The simulation behaves as the program's release.
//
// Differences that must be stand in Differences, with a name and a reason. Another
// difference fails, and so does a listed one that occurs with no program of a run.
//
// The suite also plays recordings of frames into the simulation: those of
// sim/passt/wire, and one that it makes of each program.
//
//	make fidelity
//
// In the environment PASSTLAB_PROGRAMS are the programs, separated by spaces, as
// passtlab run --backend passt= takes them (default: pasta in PATH). Of two with the
// same release the first is compared. Without a program, or the right to run it, its
// test skips; with PASSTLAB_REQUIRE_PASST=1 it fails. With -page a run without a failure
// writes docs/fidelity.md.
//
// Not compared: times, and the reasons that selectors and reports give.
package fidelity
