// Package outfile writes the files that a user names. Neither a full disk nor a
// signal destroys the old file, and nobody can redirect the output by a symbolic link.
//
// It writes a temporary file in the same folder, which replaces the old file when it
// is complete. The new file has the mode of the old one and, if possible, its owner.
// Pipes and devices are written directly. A regular file in a folder that accepts no
// new file is overwritten at the end, in one go.
//
// A symbolic link as the last part of the name is refused; links in the folders above
// are followed.
package outfile
