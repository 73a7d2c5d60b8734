// Package hostile tests that a program that is asked can change nothing. After
// each attack the truth table, the guest's network, the clock, and the machine's
// namespaces, mounts, files, IPC and processes have to be as before, and a right
// program that is asked next has to be right. Attacks run as root and as an
// ordinary user, and, where they can be contained, without confinement: there the
// check has to notice them, because an attack that would not work proves nothing.
package hostile
