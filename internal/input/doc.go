// Package input reads files that users name, up to a size. A file may be
// anything: a device that never ends, or a gigabyte that was meant for another
// program.
package input
