// Package command makes a selector of any external program.
//
// # The protocol
//
// The program is started once for every question, in the guest's namespaces.
// It gets one JSON object on standard input, the selector.Observation; it need
// not read it. Its environment is PATH and LANG of passtlab, HOME and TMPDIR, which
// are folders of its own, and PASSTLAB_ROLE, PASSTLAB_INTERFACE and
// PASSTLAB_TARGET, which hold the observation's role, interface and target for
// programs that read no JSON.
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
//
// An address may carry a prefix length (fd01:cafe::1/128) or a zone
// (fe80::1%eth0), as ip-address(8) and the observation print them; both are
// dropped. Brackets and ports belong to URLs and are refused. Whether
// the address is the guest's, or global, is not for this package to say: it is
// returned, and judged.
//
// Options.Timeout is the program's own time: what it waits for a processor does
// not count (internal/pace). One that does not get that time in twelve times as
// long is ErrSlow.
//
// Status 77 says that the program cannot judge the situation, and the last
// line of standard error why: selector.ErrUnsupported. Everything else that
// can go wrong is one of this package's errors. ErrSetup and ErrSlow alone are
// not the program's fault. A bad end is ErrSetup, too, where the machine had no
// room for further processes or ran out of memory.
//
// # Programs that run on
//
// A program of Options.Watch is started once, when the guest has booted, and
// runs until it is ended. Each line that it prints is its choice from then on,
// in one of the forms above, an object on one line; an empty line is no
// address. Until the first line there is no choice. What it prints has to leave
// its buffers: a line counts when its end has come.
//
// On standard input it gets the observation as one line at the start, and
// another line for each question since. It may ignore them and ask the kernel
// itself, by rtnetlink for example. Nothing waits for it to read: an observation
// that it is too late for is replaced by the next one, whole lines at a time.
// The role does not change; there is one process for each.
//
// It is not to end: a status of 0 is ErrEnded, and all others are as above. A
// line that is malformed, or longer than Options.MaxOutput, ends it, and so do
// more than 1 MiB in all. Close kills it and whatever it has started, with
// SIGKILL.
//
// # How it is run
//
// The program is a child of a small init (internal/child), which is process 1
// of a new PID namespace and has a mount namespace: /sys is mounted anew, so
// that /sys/class/net shows the guest's interfaces, and so is /proc. Where the
// system refuses a new /sys, as containers do, the program is not asked: ErrSetup.
// Where it refuses a new /proc, the machine's stays and the logger is told;
// /proc/net is the guest's in any case. When the init ends, in
// whatever way, the kernel kills all that the program left; and it ends with
// passtlab.
//
// An observation without a guest, read from a file, leaves the network
// namespace and /sys alone, and needs a user namespace where there is no right
// to make a PID namespace.
//
// The program cannot change what others are shown that are asked in the same
// guest after it, nor the machine, though it may be root (child.Spec.Confine).
// It has no capabilities, all files are read-only for it, and /tmp, /var/tmp,
// /run and /dev/shm are its own: they have the files of the observation's Disk.
// They also show the program's folder, those of PATH and of files among its
// arguments, and the one that passtlab was started in.
// It is killed when it has more than child.MaxTasks processes and threads.
// Memory is not limited.
package command
