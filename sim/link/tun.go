package link

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Tun makes an interface without a link layer (tuntap(4)), which is down. Its flags are
// POINTOPOINT and NOARP. It has a carrier until the returned file is closed, and is then
// removed. Index 0: the kernel chooses.
func (n *Net) Tun(name string, index int) (f *os.File, err error) {
	err = n.NS.Do(func() error {
		f, err = os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return control(f, func(fd uintptr) error {
			if index != 0 {
				if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.TUNSETIFINDEX, uintptr(unsafe.Pointer(&[]uint32{uint32(index)}[0]))); errno != 0 {
					return errno
				}
			}
			req, err := unix.NewIfreq(name)
			if err != nil {
				return err
			}
			req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			return unix.IoctlIfreq(int(fd), unix.TUNSETIFF, req)
		})
	})
	if err != nil {
		err = fmt.Errorf("make tun %s in %s: %w", name, n.NS.Name(), err)
		if f != nil {
			err = errors.Join(err, f.Close())
		}
		return nil, err
	}
	return f, nil
}

// DropCarrier takes the carrier of an interface that Tun has made.
func DropCarrier(tun *os.File) error {
	err := control(tun, func(fd uintptr) error { return unix.IoctlSetPointerInt(int(fd), unix.TUNSETCARRIER, 0) })
	if err != nil {
		return fmt.Errorf("take the carrier of a tun: %w", err)
	}
	return nil
}

func control(f *os.File, do func(fd uintptr) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	cerr := raw.Control(func(fd uintptr) { err = do(fd) })
	return errors.Join(err, cerr)
}
