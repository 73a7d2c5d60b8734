package selector

import (
	"os"
	"sync"
)

// Disk holds what a program writes in one guest and role, so that it finds its
// files again when it is asked again, also after a reboot of the guest. The zero
// value is empty.
type Disk struct {
	mu     sync.Mutex
	tree   *os.File
	closed bool
}

// Swap returns what the disk holds, and has it hold tree instead. Nil is nothing
// either way. The caller closes what is returned.
func (d *Disk) Swap(tree *os.File) *os.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return tree
	}
	tree, d.tree = d.tree, tree
	return tree
}

// Close removes all that was written. The disk stays empty from then on.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed = true; d.tree == nil {
		return nil
	}
	return d.tree.Close()
}
