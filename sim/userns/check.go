package userns

import (
	"fmt"
	"os"

	"github.com/vishvananda/netlink"

	"github.com/passtlab/passtlab/sim/netns"
)

// sysctl is an example of those that a lab writes.
const sysctl = "/proc/sys/net/ipv6/conf/lo/accept_ra"

// Check reports whether this process can make labs: it makes a network namespace, sets the
// loopback interface up there, opens a sysctl for writing, and checks the Capabilities of
// every lab. The uid does not matter: root of a container often cannot make labs, root of
// a user namespace can. The error is an *Error.
func Check() error {
	proc := os.DirFS("/proc")
	if err := check(); err != nil {
		return diagnose(proc, "make a network namespace", err)
	}
	return require(proc, "make labs", "")
}

func check() error {
	ns, err := netns.New("check")
	if err != nil {
		return err
	}
	defer ns.Close()
	return ns.Do(func() error {
		if err := loopbackUp(); err != nil {
			return err
		}
		f, err := os.OpenFile(sysctl, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	})
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find the loopback interface: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set the loopback interface up: %w", err)
	}
	return nil
}
