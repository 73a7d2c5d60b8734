// Package nodeaddress is an example of a project that picks a node address,
// and that has passtlab say in its own go test whether the address works.
package nodeaddress
