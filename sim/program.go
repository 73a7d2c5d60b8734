package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/creack/pty"

	"github.com/passtlab/passtlab/sim/passt"
)

// ErrNoProgram is returned by Program when there is none.
var ErrNoProgram = errors.New("program not found; install passt (apt-get install passt), name its path, or fetch one (scripts/fetch-passt.sh)")

// Program returns the backend with the real program that is named, by default
// pasta. The name is one in PATH, a path, or what scripts/fetch-passt.sh has put into
// the cache: a release such as "2025_05_03", or a suite of Debian such as "trixie".
// Where the program does not say which release it is, "@2025_05_03" behind the name does.
func Program(ctx context.Context, name string) (Backend, error) {
	name, said := cutRelease(name)
	name = cmp.Or(name, "pasta")
	if said != "" && said <= passt.Last {
		if _, err := passt.Lookup(said); err != nil {
			return Backend{}, err
		}
	}
	path, err := find(name)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return Backend{}, fmt.Errorf("find %s: %w", name, ErrNoProgram)
	case err != nil:
		return Backend{}, fmt.Errorf("find %s: %w", name, err)
	}
	b := Backend{Program: path, Release: said}
	if said != "" {
		return b, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no result after %s", patience))
	defer cancel()
	b.Release, err = programRelease(ctx, path)
	return b, err
}

// cutRelease cuts "@RELEASE" off the name of a program, if it is a date.
func cutRelease(name string) (string, string) {
	i := strings.LastIndexByte(name, '@')
	if i < 0 {
		return name, ""
	}
	if _, err := time.Parse("2006_01_02", name[i+1:]); err != nil {
		return name, ""
	}
	return name[:i], name[i+1:]
}

// find returns the path of a program, or of what is called name in the cache.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if cache, cerr := os.UserCacheDir(); err != nil && cerr == nil && filepath.Base(name) == name {
		path, err = exec.LookPath(filepath.Join(cache, "passtlab", "passt", name, "pasta"))
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// programRelease asks the program itself, and then the package manager:
// distributions build without a version, and put the date into the package's.
func programRelease(ctx context.Context, path string) (string, error) {
	says, err := onTerminal(ctx, path, "--version")
	if err != nil {
		return "", err
	}
	if word, _, _ := strings.Cut(says, " "); word != "passt" && word != "pasta" {
		return "", fmt.Errorf("run %s --version: it is not passt: it says %.40q", path, says)
	}
	release := cmp.Or(releaseIn(says), packaged(ctx, path))
	switch {
	case release == "":
		line, _, _ := strings.Cut(says, "\r")
		return "", fmt.Errorf("%s does not say which release it is: it says %q; say it: passt=%s@%s", path, line, path, passt.Default)
	case release < passt.First:
		_, err = passt.Lookup(release)
		return "", fmt.Errorf("%s is too old: %w", path, err)
	}
	return release, nil
}

// packaged returns the release by the version of the package that has the file,
// empty where there is none.
func packaged(ctx context.Context, path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	// scripts/fetch-passt.sh notes the package.
	if note, err := os.ReadFile(filepath.Join(filepath.Dir(path), "package")); err == nil {
		if r := releaseIn(string(note)); r != "" {
			return r
		}
	}
	if out, err := output(ctx, "dpkg-query", "--search", path); err == nil {
		pkg, _, _ := strings.Cut(out, ": ")
		if out, err := output(ctx, "dpkg-query", "--show", "--showformat=${Version}", pkg); err == nil {
			return releaseIn(out)
		}
	}
	if out, err := output(ctx, "rpm", "--query", "--queryformat=%{VERSION}", "--file", path); err == nil {
		return releaseIn(out)
	}
	return ""
}

// onTerminal runs a program on a terminal and returns what it prints there: passt
// 2025_02_17 to 2025_05_12 lose the version when they print it elsewhere.
func onTerminal(ctx context.Context, argv ...string) (string, error) {
	screen, terminal, err := pty.Open()
	if err != nil {
		return "", fmt.Errorf("run %s: make a terminal: %w", strings.Join(argv, " "), err)
	}
	defer screen.Close()
	defer terminal.Close()
	says := make(chan string, 1)
	go func() { says <- untilNUL(screen) }()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout = terminal
	err = run(ctx, cmd)
	// The end. A process that the program has left behind may have the terminal still.
	if _, werr := terminal.Write([]byte{0}); werr != nil {
		return "", fmt.Errorf("run %s: write to its terminal: %w", strings.Join(argv, " "), werr)
	}
	return <-says, err
}

// untilNUL reads up to a NUL or the end, and returns the first few kilobytes.
func untilNUL(r io.Reader) string {
	var text []byte
	b := make([]byte, 4096)
	for {
		n, err := r.Read(b)
		read, _, end := bytes.Cut(b[:n], []byte{0})
		if len(text) < len(b) {
			text = append(text, read...)
		}
		if end || err != nil {
			return string(text)
		}
	}
}

func output(ctx context.Context, argv ...string) (string, error) {
	var b strings.Builder
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout = &b
	err := run(ctx, cmd)
	return b.String(), err
}

func run(ctx context.Context, cmd *exec.Cmd) error {
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// releaseDate finds 2024_12_11 in a version, and 20230309 in a package's.
var releaseDate = regexp.MustCompile(`\b(?:[0-9.]+[~^](?:git)?)?(20[0-9]{2})_?([01][0-9])_?([0-3][0-9])\b`)

func releaseIn(version string) string {
	m := releaseDate.FindStringSubmatch(version)
	if m == nil {
		return ""
	}
	return strings.Join(m[1:], "_")
}
