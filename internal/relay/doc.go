// Package relay runs a child in place of this process. It forwards signals, and kills
// the child if this process dies.
//
// A child that is about to execute another program may lose a signal, so relay
// forwards the first signal when the child is ready. A second one kills the child.
//
// Not modelled: who sent a signal. In the foreground of a terminal the child gets
// SIGINT, SIGQUIT and SIGHUP from the terminal itself.
package relay
