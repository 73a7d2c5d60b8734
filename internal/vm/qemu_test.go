package vm

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bootFake attends a machine whose QEMU is a shell script.
func bootFake(t *testing.T, ctx context.Context, script string) (code int, stdout string, err error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/bash\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	var out bytes.Buffer
	code, err = bootImage(ctx, Config{
		Kernel: Kernel{Version: "0", Image: "/dev/null"}, Stdout: &out, Stderr: &out,
		bootTime: 2 * time.Second, quietTime: time.Second,
	}, nothing(t), 2000000)
	return code, out.String(), err
}

// says is the line of a script that sends messages.
func says(all ...message) string {
	var b bytes.Buffer
	e := gob.NewEncoder(&b)
	for _, m := range all {
		if err := e.Encode(m); err != nil {
			panic(err)
		}
	}
	var text strings.Builder
	for _, c := range b.Bytes() {
		fmt.Fprintf(&text, "\\%03o", c)
	}
	return "printf '" + text.String() + "' >&4; "
}

// nothing stands for an initramfs that nobody reads.
func nothing(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestMachineFails(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"refuses", "echo 'no such machine' >&2; exit 1", "it ended while it booted: qemu-system-x86_64: exit status 1\nqemu-system-x86_64 said last:\n  no such machine"},
		{"panics", `printf 'Kernel \033[1mpanic\r\n'`, "it ended while it booted\nits kernel said last:\n  Kernel \\x1b[1mpanic"},
		{"is killed", says(message{}) + "kill -9 $$", "it ended before the command did: qemu-system-x86_64: signal: killed"},
		{"never boots", "exec sleep 60", "it has not booted in 2s"},
		{"hangs", says(message{}) + "exec sleep 60", "it hangs: no message for 1s"},
		{"babbles", `printf '\370\377\377\377\377\377\377\377\377' >&4; exec sleep 60`, "malformed message"},
		{"breaks files", `printf '\1\0\0\0' >&5; exec sleep 60`, "malformed FUSE message"},
		{"says why", says(message{End: &ending{Error: "no fuse here"}}) + "exec sleep 60", "no fuse here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := bootFake(t, t.Context(), tt.script)
			if !errors.Is(err, ErrMachine) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v; want %s", err, tt.want)
			}
		})
	}
}

func TestMachineEnds(t *testing.T) {
	code, stdout, err := bootFake(t, t.Context(), says(message{Stdout: []byte("hi")}, message{End: &ending{Code: 1}})+"exec sleep 60")
	if code != 1 || stdout != "hi" || err != nil {
		t.Errorf("status %d, %q, %v", code, stdout, err)
	}
}

func TestMachineCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	start := time.Now()
	if _, _, err := bootFake(t, ctx, "exec sleep 60"); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d > endTime {
		t.Errorf("it took %v while nothing had booted", d)
	}
}

func TestNoQEMU(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := bootImage(t.Context(), Config{}, nothing(t), 2000000)
	if err == nil || !strings.Contains(err.Error(), "install it (Debian") {
		t.Errorf("error %v", err)
	}
}

// A kernel whose init fails panics, and the error has its words.
func TestKernelPanics(t *testing.T) {
	k := cachedKernel(t)
	var b bytes.Buffer
	a := archive{w: &b}
	a.add(entry{name: "dev", mode: 0o40755}, nil)
	a.put(initPath[1:], []byte("no program"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "initramfs")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	initrd, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer initrd.Close()
	_, err = bootImage(t.Context(), Config{Kernel: k, Stdout: os.Stdout, Stderr: os.Stderr}, initrd, newCounter().khz())
	if !errors.Is(err, ErrMachine) || !strings.Contains(err.Error(), "Kernel panic") {
		t.Errorf("error %v", err)
	}
}

// cachedKernel returns a kernel, or ends the test where none can be booted.
func cachedKernel(t *testing.T) Kernel {
	t.Helper()
	dir, err := CacheDir()
	var k Kernel
	if err == nil {
		k, err = Find(dir, "newest", "")
	}
	if err == nil {
		_, err = exec.LookPath(program)
	}
	if err == nil {
		return k
	}
	err = fmt.Errorf("no kernel can be booted: %w", err)
	if want := os.Getenv("PASSTLAB_REQUIRE_KERNELS"); want != "" {
		t.Fatalf("PASSTLAB_REQUIRE_KERNELS is %s, and %v", want, err)
	}
	t.Skip(err)
	return k
}
