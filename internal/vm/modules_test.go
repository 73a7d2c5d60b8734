package vm

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// ko is an object file with nothing but a section .modinfo.
func ko(modinfo string) string {
	const names = "\x00.modinfo\x00.shstrtab\x00"
	const header, section = 64, 64
	var b bytes.Buffer
	b.WriteString("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9))
	le := func(vs ...any) {
		for _, v := range vs {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	data := header + len(modinfo) + len(names)
	le(uint16(1), uint16(62), uint32(1), uint64(0), uint64(0), uint64(data), uint32(0),
		uint16(header), uint16(0), uint16(0), uint16(section), uint16(3), uint16(2))
	b.WriteString(modinfo + names)
	b.Write(make([]byte, section))
	put := func(name, typ uint32, off, size int) {
		le(name, typ, uint64(0), uint64(0), uint64(off), uint64(size), uint32(0), uint32(0), uint64(1), uint64(0))
	}
	put(1, 1, header, len(modinfo))
	put(10, 3, header+len(modinfo), len(names))
	return b.String()
}

// packed is what a compressor makes of text.
func packed(t *testing.T, text string, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestModules(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"kernel/net/nft_nat.ko":     ko("license=GPL\x00depends=nf_nat,nf-tables\x00name=nft_nat\x00"),
		"kernel/net/nf_nat.ko.xz":   packed(t, ko("depends=nf_tables,libcrc32c\x00"), func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }),
		"kernel/net/nf-tables.ko":   ko("depends=\x00"),
		"kernel/lib/alone.ko.zst":   packed(t, ko("name=alone\x00"), func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }),
		"kernel/lib/zipped.ko.gz":   packed(t, ko("depends=alone\x00"), func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }),
		"kernel/lib/circle.ko":      ko("depends=circle\x00"),
		"kernel/lib/orphan.ko":      ko("depends=parent\x00"),
		"kernel/lib/text.ko":        strings.Repeat("no ELF file ", 10),
		"kernel/lib/bare.ko":        ko("")[:100],
		"kernel/lib/ignored.ko.sig": "",
		"modules.builtin":           "kernel/lib/libcrc32c.ko\nkernel/fs/fuse/fuse.ko\n",
	})
	for _, tt := range []struct {
		names string
		want  string // or an error
	}{
		{"nft_nat", "nf_tables nf_nat nft_nat"},
		{"nf_tables nft_nat nf_nat", "nf_tables nf_nat nft_nat"},
		{"fuse zipped", "alone zipped"},
		{"circle", "circle"},
		{"veth", "find module veth: the kernel has it neither in"},
		{"orphan", "find module parent, which orphan depends on"},
		{"text", "bad magic number"},
		{"bare", "read module "},
		{"ignored", "find module ignored"},
	} {
		ms, err := modules(dir, strings.Fields(tt.names))
		var got []string
		for _, m := range ms {
			got = append(got, m.name)
			if !strings.HasPrefix(string(m.data), "\x7fELF") {
				t.Errorf("module %s is not unpacked", m.name)
			}
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if s := strings.Join(got, " "); s != tt.want && (err == nil || !strings.Contains(s, tt.want)) {
			t.Errorf("modules(%s) = %s; want %s", tt.names, s, tt.want)
		}
	}
}

// Packages of Linux 7.3 do not say what is built in.
func TestModulesBuiltinUnknown(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"kernel/net/veth.ko":   ko("depends=\x00"),
		"kernel/net/orphan.ko": ko("depends=parent\x00"),
	})
	if ms, err := modules(dir, []string{"fuse", "veth"}); err != nil || len(ms) != 1 || ms[0].name != "veth" {
		t.Errorf("modules = %v, %v", ms, err)
	}
	if _, err := modules(dir, []string{"orphan"}); err == nil {
		t.Error("a module is missing that another depends on, and all is well")
	}
	if _, err := modules(t.TempDir(), needed); err == nil {
		t.Error("a folder without modules is taken for one")
	}
}

func FuzzDependencies(f *testing.F) {
	f.Add([]byte(ko("depends=a,b-c\x00")))
	f.Add([]byte(ko("")))
	f.Fuzz(func(t *testing.T, b []byte) {
		deps, err := dependencies(b)
		if err == nil && slices.ContainsFunc(deps, func(d string) bool { return strings.ContainsAny(d, "-\x00") }) {
			t.Errorf("dependencies = %q", deps)
		}
	})
}
