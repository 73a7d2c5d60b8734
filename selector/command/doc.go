// Package command makes a selector of any external program.
//
// # The protocol
//
// The program is started once for every question, in the guest's namespaces. It gets
// the selector.Observation as one JSON object on standard input, and need not read it.
// PASSTLAB_ROLE, PASSTLAB_INTERFACE and PASSTLAB_TARGET repeat a part of it.
//
// It answers on standard output, in UTF-8, in one of these forms, and ends
// with status 0:
//
//	none                              no address
//	fd01:cafe::1                      an address, alone on a line
//	{"address": "fd01:cafe::1"}       the same, as a JSON object
//	{"addresses": ["fd01:cafe::1"], "reason": "the longest prefix"}
//
// Space around the answer does not matter. No output, or an object without an
// address, is the choice of no address. "reason" may stand in either object. Other
// keys are refused, since a misspelt one would look like no address. A prefix length
// (fd01:cafe::1/128) or a zone (fe80::1%eth0) is dropped; brackets and ports are
// refused. The package does not check whether the address is the guest's.
//
// Status 77 says that the program cannot judge the situation, and the last line of
// standard error why: selector.ErrUnsupported. All other mistakes are errors of this
// package. Only ErrSetup and ErrSlow are not the program's fault.
//
// # Programs that run on
//
// A program of Options.Watch is started once for each role, when the guest has
// booted. Each line that it prints is its choice from then on, in one of the forms
// above; an empty line is no address. A line counts when its end has come.
//
// On standard input it gets the observation as one line at the start, and one more
// line for each later question. It need not read them: a newer observation replaces
// one that is not written yet.
//
// It has to run until Close kills it and its processes. A status of 0 is ErrEnded,
// others are as above. A line that is malformed or too long ends it.
//
// # How it is run
//
// docs/programs.md says what a program sees, may do and is limited to, and package
// internal/child how. Without Observation.Guest, network namespace and /sys are the
// machine's.
package command
