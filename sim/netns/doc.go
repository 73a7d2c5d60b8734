// Package netns makes anonymous network namespaces and runs code in them.
//
// A namespace is held by a file descriptor and by nothing else: no name in
// /run/netns, no process. When the descriptor is closed, or the process dies
// in whatever way, the kernel takes the namespace down with all that is in it.
//
// Sockets carry their namespace, threads only visit: Do runs a short function
// on a goroutine of its own, whose thread it switches there and back. A thread
// that cannot be switched back ends with that goroutine, and never runs another
// one. The namespace the program was started in is not changed.
//
// Not modelled: named namespaces, and PID, mount or user namespaces (package
// userns makes the latter for the program as a whole).
package netns
