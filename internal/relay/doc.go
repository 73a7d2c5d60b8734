// Package relay runs a child in this process's place: it passes signals on,
// kills the child should this process die, and ends as the child did.
//
// A signal that comes while the child is being made ready is not passed on. A
// program that is about to execute another one may lose it. The child is killed
// instead, which leaves nothing behind, and counts as ended by that signal.
//
// Not modelled: who sent a signal. In the foreground of a terminal SIGINT,
// SIGQUIT and SIGHUP are taken for the terminal's, which the child gets as well.
package relay
