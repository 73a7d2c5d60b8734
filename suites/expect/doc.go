// Package expect has the known failures of selectors, which a project keeps in a file
// such as passtlab.expect.yaml, and which scenarios have too. A known failure that does
// not happen is an xpass. A failure other than the known one stays a fail.
//
// A file goes before scenarios. Write makes a file of the failures of a run.
package expect
