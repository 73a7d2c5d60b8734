// Package command makes a selector of any external program.
//
// # The protocol
//
// The program is started once for every question, in the guest's namespaces.
// It gets one JSON object on standard input, the selector.Observation; it need
// not read it. PASSTLAB_ROLE, PASSTLAB_INTERFACE and PASSTLAB_TARGET repeat a part
// of it for programs that read no JSON.
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
// address, is the choice of no address. "reason" may stand in either object;
// other keys are refused, since a misspelt one would look like no address.
// A prefix length (fd01:cafe::1/128) or a zone (fe80::1%eth0) is dropped, as
// ip-address(8) and the observation print them; brackets and ports are refused.
// Whether the address is the guest's, or global, is not checked here.
//
// Status 77 says that the program cannot judge the situation, and the last
// line of standard error why: selector.ErrUnsupported. Everything else that
// can go wrong is one of this package's errors. ErrSetup and ErrSlow alone are
// not the program's fault.
//
// # Programs that run on
//
// A program of Options.Watch is started once, when the guest has booted, and
// runs until it is ended. Each line that it prints is its choice from then on,
// in one of the forms above; an empty line is no address. A line counts when its
// end has come.
//
// On standard input it gets the observation as one line at the start, and
// another line for each question since. It need not read them. Nothing waits for
// it: a newer observation replaces one that is not written yet. The role does not
// change; there is one process for each.
//
// It is not to end: a status of 0 is ErrEnded, and all others are as above. A
// line that is malformed or too long ends it. Close kills it and whatever it has
// started.
//
// # How it is run
//
// docs/programs.md says what a program sees, may do and is limited to, and
// internal/child how that is done. An observation that was read from a file
// leaves the network namespace and /sys alone.
package command
