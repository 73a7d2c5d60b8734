// Package child runs a program in namespaces of the lab's, and takes care that
// nothing of it is left.
//
// The program is started by a small init, which is this executable again under
// a private name, recognised when the package is initialised. The init is
// process 1 of a new PID namespace, enters the network namespace it is given,
// and has a mount namespace of its own. When it ends, in whatever way, the
// kernel kills all that the program left; and it ends with this process.
//
// This is no sandbox: the program has this process's rights and sees its files.
package child
