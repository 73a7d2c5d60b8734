// Package outfile writes the files that a user names, so that neither a full
// disk nor a signal costs the file that was there, and no symbolic link leads
// the writing elsewhere.
//
// A file is written beside its name and takes its place when it is complete. It
// keeps the mode of the file it replaces, and where possible its owner; a new
// one has what the umask leaves. What is no regular file, such as a pipe or
// /dev/null, is written as it is. So is a regular file in a folder that takes no
// new files: it is overwritten at the end, in one go.
//
// A symbolic link as the last part of the name is refused. Links in the folders
// above are the user's own affair.
package outfile
