// Package relay runs a child in this process's place: it passes signals on,
// kills the child should this process die, and ends as the child did.
//
// A signal that comes before the child is ready is passed on when it is, because a
// program that is about to execute another one may lose it. A second one kills the
// child, which then counts as ended by that signal.
//
// Not modelled: who sent a signal. In the foreground of a terminal the child gets
// SIGINT, SIGQUIT and SIGHUP from the terminal itself.
package relay
