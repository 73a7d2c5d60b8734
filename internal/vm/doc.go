// Package vm runs this executable again in a virtual machine that boots another
// kernel, with the same arguments, environment, working folder, files and exit status.
//
// QEMU boots the kernel with an initramfs of this executable, as init, and of the
// modules that a lab needs. The init mounts a FUSE file system as its root, because
// cloud kernels lack 9p and, before 6.12, virtiofs, but all have FUSE. It sends the
// kernel's FUSE requests through a virtio port to this process, which answers them
// from the machine's files with the rights of its user. So every program works there
// with its interpreter and libraries, and nobody copies files. A second port carries
// standard output, standard error, signals and the exit status.
//
// QEMU emulates the processor (TCG) unless the user asks for KVM: on some machines
// /dev/kvm opens and does not work.
//
// The virtual machine has its own /proc, /sys, /dev and /run, and no network. Named
// pipes and sockets in the file system do not connect it to processes outside.
// Not modelled: other machines than amd64.
package vm
