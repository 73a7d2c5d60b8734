// Package vm runs this executable again inside a virtual machine that boots
// another kernel: the same arguments, environment, working folder and files,
// and the same exit status.
//
// QEMU boots the kernel with an initramfs that holds this executable, as init,
// and the modules that a lab needs. Cloud kernels have neither 9p nor, before
// 6.12, virtiofs without modules, but all have FUSE: the init mounts a FUSE
// file system as its root and passes the kernel's requests through a virtio
// port to this process, which answers from the files of the machine, with the
// rights of its user. So nothing has to be carried in or out, and any program
// runs there with its interpreter and its libraries. A second port carries
// standard output, standard error, signals and the exit status.
//
// The machine's processor is emulated (TCG) unless KVM is asked for: a /dev/kvm
// that opens says nothing about whether it works.
//
// The machine has its own /proc, /sys, /dev and /run, and no network. Named pipes
// and sockets in the file system do not reach out of it. It is for amd64 alone.
package vm
