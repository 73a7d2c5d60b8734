package vm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// ErrNoKernel is wrapped by Find for a version that is not in the cache.
var ErrNoKernel = errors.New("no such kernel is cached")

// Kernel is a kernel that can be booted.
type Kernel struct {
	Version string `json:"version"`           // as uname -r says it
	Image   string `json:"image"`             // path of its bzImage or vmlinux
	Modules string `json:"modules,omitempty"` // folder of its modules
	Package string `json:"package,omitempty"` // what it comes from, if known
}

// Files in the folder of a cached kernel.
const (
	cachedImage   = "vmlinuz"
	cachedModules = "modules"
	cachedPackage = "package"
)

// CacheDir is passtlab/kernels in the user's cache folder, with a folder for
// each kernel, named by its version: vmlinuz, modules/ as in /lib/modules/VERSION,
// and package, a text. scripts/fetch-kernels.sh writes it.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "passtlab", "kernels"), nil
}

// Cached lists the kernels in a cache, oldest first. A cache that does not
// exist is empty.
func Cached(dir string) ([]Kernel, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ks []Kernel
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		k := Kernel{Version: e.Name(), Image: filepath.Join(folder, cachedImage), Modules: filepath.Join(folder, cachedModules)}
		// A folder that is just being fetched begins with a dot.
		if _, err := os.Stat(k.Image); err != nil || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if b, err := os.ReadFile(filepath.Join(folder, cachedPackage)); err == nil {
			k.Package = strings.TrimSpace(string(b))
		}
		ks = append(ks, k)
	}
	slices.SortFunc(ks, func(a, b Kernel) int { return compareVersions(a.Version, b.Version) })
	return ks, nil
}

// Find returns the kernel that name stands for: with a slash in it the path of
// an image, otherwise the newest in the cache dir whose version is name or
// begins with it, or with the name "newest" the newest of all. modules, unless
// empty, is the folder of its modules; without, an image has them in a place
// where Linux distributions have them.
func Find(dir, name, modules string) (Kernel, error) {
	if strings.Contains(name, "/") {
		return fromFile(name, modules)
	}
	ks, err := Cached(dir)
	if err != nil {
		return Kernel{}, err
	}
	var have []string
	for _, k := range slices.Backward(ks) {
		if name == "newest" || stands(name, k.Version) {
			k.Modules = cmp.Or(modules, k.Modules)
			return k, nil
		}
		have = append(have, k.Version)
	}
	slices.Reverse(have)
	return Kernel{}, fmt.Errorf("find kernel %q in %s: %w; there are [%s]; fetch it by scripts/fetch-kernels.sh, or give the path of an image, as ./vmlinuz",
		name, dir, ErrNoKernel, strings.Join(have, " "))
}

// stands reports whether name is the version or the beginning of it. 6.1 is not
// the beginning of 6.12.
func stands(name, version string) bool {
	rest, ok := strings.CutPrefix(version, name)
	if !ok || name == "" {
		return false
	}
	return rest == "" || !isDigit(rest[0]) || !isDigit(name[len(name)-1])
}

func isDigit(c byte) bool { return unicode.IsDigit(rune(c)) }

var numbers = regexp.MustCompile(`[0-9]+`)

// compareVersions compares numbers as numbers: as text, filled up with zeros.
func compareVersions(a, b string) int {
	fill := func(n string) string { return strings.Repeat("0", max(0, 20-len(n))) + n }
	return cmp.Compare(numbers.ReplaceAllStringFunc(a, fill), numbers.ReplaceAllStringFunc(b, fill))
}

func fromFile(image, modules string) (Kernel, error) {
	image, err := filepath.Abs(image)
	if err != nil {
		return Kernel{}, err
	}
	b, err := os.ReadFile(image)
	if err != nil {
		return Kernel{}, err
	}
	version, err := versionOf(b)
	if err != nil {
		return Kernel{}, fmt.Errorf("read kernel %s: %w", image, err)
	}
	k := Kernel{Version: version, Image: image, Modules: modules}
	if modules != "" {
		return k, nil
	}
	places := modulePlaces(filepath.Dir(image), version)
	for _, dir := range places {
		if st, err := os.Stat(filepath.Join(dir, "kernel")); err == nil && st.IsDir() {
			k.Modules = dir
			return k, nil
		}
	}
	return k, fmt.Errorf("find the modules of kernel %s: in none of %s; name their folder by --kernel-modules",
		version, strings.Join(places, ", "))
}

func modulePlaces(dir, version string) []string {
	up := filepath.Dir(dir)
	return []string{
		dir, filepath.Join(dir, cachedModules),
		filepath.Join(dir, "lib/modules", version), filepath.Join(up, "lib/modules", version),
		filepath.Join(up, "usr/lib/modules", version), filepath.Join("/lib/modules", version),
	}
}

// versionOf returns the version of a bzImage (Documentation/arch/x86/boot.rst:
// kernel_version at 0x20e, of protocol 2.00) or of an uncompressed vmlinux.
func versionOf(image []byte) (string, error) {
	const magic, pointer = 0x202, 0x20e
	if len(image) > pointer+2 && string(image[magic:magic+4]) == "HdrS" {
		at := 0x200 + (int(image[pointer]) | int(image[pointer+1])<<8)
		if at < len(image) {
			return firstWord(image[at:])
		}
	}
	if bytes.HasPrefix(image, []byte("\x7fELF")) {
		if _, rest, ok := bytes.Cut(image, []byte("Linux version ")); ok {
			return firstWord(rest)
		}
	}
	return "", errors.New("neither a bzImage nor a vmlinux")
}

// firstWord returns what stands before the first space or NUL.
func firstWord(b []byte) (string, error) {
	const longest = 64 // utsname
	b = b[:min(len(b), longest+1)]
	n := bytes.IndexAny(b, " \x00")
	if n < 1 || bytes.ContainsRune(b[:n], '/') {
		return "", errors.New("its version cannot be read")
	}
	return string(b[:n]), nil
}
