// Package input reads files that users name, up to a size: such a file may be a
// device that never ends.
package input
