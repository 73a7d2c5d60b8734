package adapters

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// goVersion returns the release of the go tool, such as "go1.26.8".
func goVersion(ctx context.Context) (string, error) {
	out, err := goRun(ctx, goCommand(ctx, os.TempDir(), "env", "GOVERSION"))
	if err != nil {
		return "", err
	}
	// A development version has spaces and colons in it.
	return strings.NewReplacer(" ", "_", ":", "_", "/", "_").Replace(strings.TrimSpace(out)), nil
}

func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir, "GOWORK=off", "GOFLAGS=", "GO111MODULE=on", "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	// The compilers that it has started are to end as well.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

// goRun returns what the go tool prints, also where it fails.
func goRun(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return "", err
	}
	return stdout.String(), fmt.Errorf("%w: %s", ErrBuild, cmp.Or(words(stderr.String()), err.Error()))
}

// words returns what the go tool says, without the downloads that went well.
func words(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "go: downloading ") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// released is a module in the go tool's cache.
type released struct {
	Dir, GoMod string
	Error      string
}

// download returns the module at that version.
func download(ctx context.Context, module, version string) (r released, err error) {
	out, err := goRun(ctx, goCommand(ctx, os.TempDir(), "mod", "download", "-json", module+"@"+version))
	// The go tool's words are in the object, also where it fails.
	if jerr := json.Unmarshal([]byte(out), &r); err == nil && jerr != nil {
		err = fmt.Errorf("%w: go mod download says %q: %w", ErrBuild, out, jerr)
	}
	if r.Error != "" {
		err = fmt.Errorf("%w: %s", ErrBuild, r.Error)
	}
	return r, err
}
