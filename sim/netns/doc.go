// Package netns makes anonymous network namespaces and runs code in them.
//
// Only a file descriptor keeps a namespace. It has no name in /run/netns. When the
// descriptor is closed or the process dies, the kernel removes the namespace and all
// that is in it.
//
// A socket stays in the namespace in which it was made; a thread enters only for a
// short time. Do runs a short function on a goroutine of its own, and switches the
// thread of that goroutine to the namespace and back. If the thread cannot be switched
// back, it ends with the goroutine. The namespace that the program was started in is
// not changed.
//
// Not modelled: named namespaces, and PID, mount or user namespaces (package userns
// makes one for the whole program).
package netns
