package vm

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestColumns(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer terminal.Close()
	resize := func(columns uint16) {
		if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns}); err != nil {
			t.Fatal(err)
		}
	}
	resize(100)
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for want, w := range map[int]*os.File{100: terminal, 0: file} {
		if got := Columns(w); got != want {
			t.Errorf("%s has %d columns, want %d", w.Name(), got, want)
		}
	}
	if got := Columns(new(bytes.Buffer)); got != 0 {
		t.Errorf("a buffer has %d columns", got)
	}
	resize(0)
	if got := Columns(terminal); got != 80 {
		t.Errorf("a terminal of unknown width has %d columns", got)
	}
	t.Setenv(insideEnv, "1")
	t.Setenv(columnsEnv, "0 132")
	for want, w := range map[int]*os.File{0: os.Stdout, 132: os.Stderr} {
		if got := Columns(w); got != want {
			t.Errorf("in a virtual machine, %s has %d columns, want %d", w.Name(), got, want)
		}
	}
	if got := Columns(file); got != 0 {
		t.Errorf("in a virtual machine, a file has %d columns", got)
	}
}
