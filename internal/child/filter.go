package child

import (
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// refusal makes a system call fail with errno, unless its first argument passes one of
// the tests.
type refusal struct {
	call  uint32
	errno unix.Errno
	fine  []bpf.JumpIf
}

// refusals are the system calls by which a program could leave something behind, reach
// other processes or gain rights, and which it may call without any capability.
var refusals = []refusal{
	// A user's keyrings outlive the program.
	{call: unix.SYS_ADD_KEY, errno: unix.EPERM},
	{call: unix.SYS_REQUEST_KEY, errno: unix.EPERM},
	{call: unix.SYS_KEYCTL, errno: unix.EPERM},
	// With keptCapability this opens every file of a file system, also hidden ones.
	{call: unix.SYS_OPEN_BY_HANDLE_AT, errno: unix.EPERM},
	// io_uring opens sockets without the system call.
	{call: unix.SYS_IO_URING_SETUP, errno: unix.ENOSYS},
	// As root of a user namespace the program would have capabilities again. A
	// filter cannot read the flags of clone3; C libraries fall back to clone.
	{call: unix.SYS_CLONE3, errno: unix.ENOSYS},
	{call: unix.SYS_CLONE, errno: unix.EPERM, fine: without(unix.CLONE_NEWUSER)},
	{call: unix.SYS_UNSHARE, errno: unix.EPERM, fine: without(unix.CLONE_NEWUSER)},
	// The program may change its own limits, and not those of the init.
	{call: unix.SYS_PRLIMIT64, errno: unix.EPERM, fine: oneOf(0)},
	// Unix sockets reach services of the machine. Others reach the hypervisor, or make
	// the kernel load modules.
	{call: unix.SYS_SOCKET, errno: unix.EAFNOSUPPORT, fine: oneOf(unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK)},
}

func without(bits uint32) []bpf.JumpIf {
	return []bpf.JumpIf{{Cond: bpf.JumpBitsNotSet, Val: bits}}
}

func oneOf(values ...uint32) (tests []bpf.JumpIf) {
	for _, v := range values {
		tests = append(tests, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v})
	}
	return tests
}

// Offsets in struct seccomp_data: seccomp(2).
const (
	offsetCall     = 0
	offsetArch     = 4
	offsetArgument = 16 // the lower half of the first one
)

// assemble returns the instructions for the refusal. They begin with the number of the
// system call loaded, and end the filter if it is r.call.
func (r refusal) assemble() []bpf.Instruction {
	body := []bpf.Instruction{bpf.LoadAbsolute{Off: offsetArgument, Size: 4}}
	for i, test := range r.fine {
		test.SkipTrue = uint8(len(r.fine) - i) // to the last instruction
		body = append(body, test)
	}
	body = append(body, bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(r.errno)}, bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW})
	return append([]bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: r.call, SkipTrue: uint8(len(body))}}, body...)
}

var machines = map[string]uint32{
	"amd64":   unix.AUDIT_ARCH_X86_64,
	"arm64":   unix.AUDIT_ARCH_AARCH64,
	"riscv64": unix.AUDIT_ARCH_RISCV64,
}

// x32 marks system calls of a second kind on amd64.
const x32 = 0x40000000

// filter makes the refusals fail from now on, for this thread and the programs that it
// starts. The kernel kills a program for another machine, such as one of 32 bits,
// because its system calls have other numbers.
func filter() (notes []string, err error) {
	machine, ok := machines[runtime.GOARCH]
	if !ok {
		return []string{"system calls are not filtered on " + runtime.GOARCH}, nil
	}
	kill := bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: machine, SkipTrue: 1}, kill,
		bpf.LoadAbsolute{Off: offsetCall, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32, SkipTrue: 1}, kill,
	}
	for _, r := range refusals {
		program = slices.Concat(program, r.assemble())
	}
	program = append(program, bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW})
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, fmt.Errorf("assemble the system call filter: %w", err)
	}
	fs := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		fs[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(fs)), Filter: &fs[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil {
		return nil, fmt.Errorf("filter system calls (CONFIG_SECCOMP_FILTER): %w", err)
	}
	runtime.KeepAlive(fs)
	return nil, nil
}
