// Package hostile holds the tests of what a program that is asked can change:
// nothing. Each attack is such a program. After it the truth table is measured
// anew in the same lab, and that, the guest's network, the clock, and the
// machine's namespaces, mounts, files, IPC and processes have to be as before;
// and a right program that is asked next has to be right.
//
// The same is done as an ordinary user. And attacks that can be contained are
// run without confinement, in namespaces made for that, where the check has to
// notice them: an attack that would not have worked proves nothing.
package hostile
