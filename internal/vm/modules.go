package vm

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// needed are the modules that a lab needs, unless the kernel has them built in.
var needed = []string{
	"virtio_pci", "virtio_console", // the ports
	"fuse",           // the files
	"veth", "bridge", // links
	"nf_tables", "nf_conntrack", "nft_ct", "nft_nat", "nft_chain_nat", "nft_reject_ipv6", // the simulated passt
	"nft_masq", // KubeVirt's binding masquerade
	"tun",      // the real one
}

const maxModule = 64 << 20 // octets, unpacked

type module struct {
	name string // as in lsmod
	data []byte
}

// modules returns the modules called names, and those on which they depend, in the
// order of loading. It reads dependencies from the modules, because Debian's kernel
// packages have no modules.dep.
func modules(dir string, names []string) ([]module, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := moduleFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	builtin, err := builtinModules(dir)
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	var all []module
	seen := map[string]bool{}
	var add func(name, by string) error
	add = func(name, by string) error {
		if seen[name] || builtin[name] {
			return nil
		}
		seen[name] = true
		file, ok := files[name]
		if !ok && builtin == nil && by == "" {
			return nil // it may be built in; if not, its user fails and says so
		}
		if !ok {
			return fmt.Errorf("find module %s%s: the kernel has it neither in %s nor built in", name, by, dir)
		}
		data, err := readModule(file)
		if err != nil {
			return fmt.Errorf("read module %s: %w", file, err)
		}
		deps, err := dependencies(data)
		if err != nil {
			return fmt.Errorf("read module %s: %w", file, err)
		}
		for _, d := range deps {
			if err := add(d, ", which "+name+" depends on"); err != nil {
				return err
			}
		}
		all = append(all, module{name, data})
		return nil
	}
	for _, name := range names {
		if err := add(name, ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func moduleFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, "kernel"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name, ok := moduleName(path); ok && !d.IsDir() {
			files[name] = path
		}
		return nil
	})
	return files, err
}

// moduleName returns the name of the module in a file. The kernel writes underscores
// for the dashes of file names.
func moduleName(file string) (string, bool) {
	name, suffix, ok := strings.Cut(filepath.Base(file), ".ko")
	switch suffix {
	case "", ".xz", ".zst", ".gz":
		return strings.ReplaceAll(name, "-", "_"), ok
	}
	return "", false
}

// builtinModules returns the names in modules.builtin, or nil if there is no such
// file, as in Debian's packages of Linux 7.3.
func builtinModules(dir string) (map[string]bool, error) {
	b, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if name, ok := moduleName(strings.TrimSpace(line)); ok {
			names[name] = true
		}
	}
	return names, err
}

func readModule(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var r io.Reader = bytes.NewReader(b)
	switch filepath.Ext(file) {
	case ".xz":
		r, err = xz.NewReader(r)
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1)); err == nil {
			defer d.Close()
			r = d
		}
	}
	if err != nil {
		return nil, err
	}
	b, err = io.ReadAll(io.LimitReader(r, maxModule+1))
	if err == nil && len(b) > maxModule {
		err = fmt.Errorf("more than %d octets", maxModule)
	}
	return b, err
}

// dependencies returns the names in "depends=" of a module's section .modinfo.
func dependencies(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	s := f.Section(".modinfo")
	if s == nil {
		return nil, errors.New("no section .modinfo")
	}
	b, err := s.Data()
	if err != nil {
		return nil, err
	}
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if list, ok := bytes.CutPrefix(entry, []byte("depends=")); ok && len(list) > 0 {
			return strings.Split(strings.ReplaceAll(string(list), "-", "_"), ","), nil
		}
	}
	return nil, nil
}
