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

// ErrNoKernel is wrapped by Find if the cache lacks the version.
var ErrNoKernel = errors.New("no such kernel is cached")

// Kernel is a kernel that can be booted.
type Kernel struct {
	Version string `json:"version"`           // as uname -r prints it
	Image   string `json:"image"`             // path of its bzImage or vmlinux
	Modules string `json:"modules,omitempty"` // folder of its modules
	Package string `json:"package,omitempty"` // its distribution's packages, if known
}

// Files in the folder of a cached kernel.
const (
	cachedImage   = "vmlinuz"
	cachedModules = "modules"
	cachedPackage = "package"
)

// CacheDir is passtlab/kernels in the user's cache folder. scripts/fetch-kernels.sh
// makes a folder VERSION in it for each kernel, with vmlinuz, modules/ as in
// /lib/modules/VERSION, and package, a text.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "passtlab", "kernels"), nil
}

// Cached lists the kernels in a cache, oldest first. A cache may be missing.
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
		// fetch-kernels.sh works in a folder whose name begins with a dot.
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

// Find returns a kernel. A name with a slash is the path of an image. Other names are
// a version, or its beginning, in the cache dir, of which Find takes the newest, or
// "newest". modules is the folder of the kernel's modules; if it is empty, Find looks
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
	return Kernel{}, fmt.Errorf("find kernel %q in %s: %w; there are [%s]; fetch it by scripts/fetch-kernels.sh, or give the path of an image, such as ./vmlinuz",
		name, dir, ErrNoKernel, strings.Join(have, " "))
}

// stands reports whether version is name or begins with it. 6.12 does not begin with
// 6.1.
func stands(name, version string) bool {
	rest, ok := strings.CutPrefix(version, name)
	if !ok || name == "" {
		return false
	}
	return rest == "" || !isDigit(rest[0]) || !isDigit(name[len(name)-1])
}

func isDigit(c byte) bool { return unicode.IsDigit(rune(c)) }

var numbers = regexp.MustCompile(`[0-9]+`)

// compareVersions compares the numbers in versions as numbers.
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

// firstWord returns the text before the first space or NUL.
func firstWord(b []byte) (string, error) {
	const longest = 64 // utsname
	b = b[:min(len(b), longest+1)]
	n := bytes.IndexAny(b, " \x00")
	if n < 1 || bytes.ContainsRune(b[:n], '/') {
		return "", errors.New("its version cannot be read")
	}
	return string(b[:n]), nil
}
