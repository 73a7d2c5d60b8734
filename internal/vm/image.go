package vm

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Files of the initramfs.
const (
	initPath  = "/passtlab-vm" // this executable
	orderPath = "/order.json"
)

type order struct {
	Args    []string `json:"args"` // of this executable, its name first
	Env     []string `json:"env"`
	Dir     string   `json:"dir"`
	Umask   int      `json:"umask"`
	Host    string   `json:"host"`
	Modules []string `json:"modules"` // files of the initramfs, in the order of loading
}

// initramfs returns a file in memory with this executable as init, the modules and o.
func initramfs(o order, ms []module) (*os.File, error) {
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	defer exe.Close()
	if err := static(exe); err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("passtlab-initramfs", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "initramfs")
	if err := writeInitramfs(file, exe, o, ms); err != nil {
		file.Close()
		return nil, fmt.Errorf("write the initramfs: %w", err)
	}
	return file, nil
}

func writeInitramfs(w io.Writer, exe *os.File, o order, ms []module) error {
	st, err := exe.Stat()
	if err != nil {
		return err
	}
	c := archive{w: w}
	for _, dir := range []string{"dev", "proc", "sys", "root", "modules"} {
		c.add(entry{name: dir, mode: unix.S_IFDIR | 0o755}, nil)
	}
	// The kernel opens the console for the init before anything is mounted.
	c.add(entry{name: "dev/console", mode: unix.S_IFCHR | 0o600, device: [2]uint32{5, 1}}, nil)
	c.add(entry{name: initPath[1:], mode: unix.S_IFREG | 0o755, size: st.Size()}, exe)
	for _, m := range ms {
		name := "modules/" + m.name + ".ko"
		c.put(name, m.data)
		o.Modules = append(o.Modules, "/"+name)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	c.put(orderPath[1:], b)
	return c.close()
}

// archive writes a cpio archive in the format "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst).
type archive struct {
	w   io.Writer
	ino uint32
	err error
}

type entry struct {
	name   string
	mode   uint32
	size   int64
	device [2]uint32 // major and minor number of a device
}

func (a *archive) put(name string, data []byte) {
	a.add(entry{name: name, mode: unix.S_IFREG | 0o644, size: int64(len(data))}, bytes.NewReader(data))
}

// add writes an entry and e.size octets of r.
func (a *archive) add(e entry, r io.Reader) {
	if a.err != nil {
		return
	}
	a.ino++
	h := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.ino, e.mode, 0, 0, 1, 0, e.size, 0, 0, e.device[0], e.device[1], len(e.name)+1, 0, e.name)
	if _, a.err = io.WriteString(a.w, h+padding(int64(len(h)))); a.err != nil || e.size == 0 {
		return
	}
	if _, a.err = io.CopyN(a.w, r, e.size); a.err == nil {
		_, a.err = io.WriteString(a.w, padding(e.size))
	}
}

func (a *archive) close() error {
	a.add(entry{name: "TRAILER!!!"}, nil)
	return a.err
}

func padding(n int64) string { return "\x00\x00\x00"[:(4-n%4)%4] }

// static returns an error if exe needs a dynamic loader, which the initramfs lacks.
func static(exe *os.File) error {
	f, err := elf.NewFile(exe)
	if err != nil {
		return fmt.Errorf("read %s: %w", exe.Name(), err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("this passtlab is linked dynamically and cannot be the init of a virtual machine; build it with CGO_ENABLED=0, as make build does")
		}
	}
	return nil
}
