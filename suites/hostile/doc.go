// Package hostile tests that a program that passtlab asks can change nothing. After each
// attack the truth table, the guest's network, the clock, and the machine's namespaces,
// mounts, files, IPC and processes have to be as before, and a right program that is
// asked next has to be right. Attacks run as root and as an ordinary user. Attacks that
// can do no harm also run without confinement, and the check has to notice them: an
// attack that does not work proves nothing.
package hostile
