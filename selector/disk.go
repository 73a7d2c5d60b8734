package selector

import (
	"os"
	"sync"
)

// Disk keeps the files that a program writes in one guest and role, until it is asked
// again there, also after a reboot of the guest. The zero value is empty.
type Disk struct {
	mu     sync.Mutex
	tree   *os.File
	closed bool
}

// Swap replaces the files on the disk, and returns the old ones, which the caller
// closes. Nil means no files.
func (d *Disk) Swap(tree *os.File) *os.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return tree
	}
	tree, d.tree = d.tree, tree
	return tree
}

// Close removes all files. The disk stays empty from then on.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed = true; d.tree == nil {
		return nil
	}
	return d.tree.Close()
}
