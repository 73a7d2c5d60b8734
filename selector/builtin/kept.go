package builtin

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

// kept makes a selector that never leaves its first choice, which is a good one. It keeps
// that on the disk, so that a reboot does not change it either: kubeadm's flags file and a
// unit that names --node-ip do the same.
func kept(name string) selector.Selector {
	choose := func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		a, err := noted(o.Disk)
		if err == nil && !a.IsValid() {
			a = best(o)
			err = note(o.Disk, a)
		}
		switch {
		case err != nil:
			return selector.Choice{}, err
		case !a.IsValid():
			return selector.None(onPurpose), nil
		}
		return selector.Pick(a, onPurpose), nil
	}
	start := func(_ context.Context, booted selector.Observation) (*selector.Instance, error) {
		return &selector.Instance{Select: func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
			o.Disk = booted.Disk
			return choose(ctx, o)
		}}, nil
	}
	return selector.WithTraits(selector.Func(name, choose), selector.Traits{Start: start})
}

// noted returns the address on the disk, if there is one.
func noted(d *selector.Disk) (a netip.Addr, err error) {
	if d == nil {
		return a, nil
	}
	f := d.Swap(nil)
	if f == nil {
		return a, nil
	}
	defer func() { d.Swap(f) }()
	var b [16]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return a, fmt.Errorf("read the kept address: %w", err)
	}
	return netip.AddrFrom16(b), nil
}

// note writes an address to the disk, if there are both.
func note(d *selector.Disk, a netip.Addr) error {
	if d == nil || !a.IsValid() {
		return nil
	}
	fd, err := unix.MemfdCreate("kept", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("keep %s: %w", a, err)
	}
	f := os.NewFile(uintptr(fd), "kept")
	if _, err := f.Write(a.AsSlice()); err != nil {
		return fmt.Errorf("keep %s: %w", a, err)
	}
	if old := d.Swap(f); old != nil {
		return old.Close()
	}
	return nil
}
