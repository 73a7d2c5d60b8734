package vm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// unpacked reads an archive: by name the mode and the content of its entries.
func unpacked(t *testing.T, b []byte) (modes map[string]string, files map[string]string) {
	t.Helper()
	modes, files = map[string]string{}, map[string]string{}
	field := func(i int) int {
		n, err := strconv.ParseUint(string(b[6+8*i:14+8*i]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return int(n)
	}
	align := func(n int) int { return (n + 3) &^ 3 }
	for {
		if !bytes.HasPrefix(b, []byte("070701")) {
			t.Fatalf("no header at %.20q", b)
		}
		size, length := field(6), field(11)
		name := string(b[110 : 110+length-1])
		modes[name] = fmt.Sprintf("%o %d:%d", field(1), field(9), field(10))
		b = b[align(110+length):]
		files[name] = string(b[:size])
		b = b[align(size):]
		if name == "TRAILER!!!" {
			return modes, files
		}
	}
}

func TestInitramfs(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "exe")
	if err := os.WriteFile(exe, []byte("an odd size"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	o := order{Args: []string{"passtlab", "run"}, Dir: "/here"}
	if err := writeInitramfs(&b, f, o, []module{{"nf_tables", []byte("1")}, {"nft_nat", []byte("22")}}); err != nil {
		t.Fatal(err)
	}
	modes, files := unpacked(t, b.Bytes())
	for name, want := range map[string]string{
		"dev": "40755 0:0", "dev/console": "20600 5:1", "passtlab-vm": "100755 0:0", "modules/nft_nat.ko": "100644 0:0",
	} {
		if modes[name] != want {
			t.Errorf("%s has mode and device %q; want %q", name, modes[name], want)
		}
	}
	if files["passtlab-vm"] != "an odd size" || files["modules/nft_nat.ko"] != "22" {
		t.Errorf("files %q", files)
	}
	var got order
	if err := json.Unmarshal([]byte(files["order.json"]), &got); err != nil {
		t.Fatal(err)
	}
	if strings.Join(got.Modules, " ") != "/modules/nf_tables.ko /modules/nft_nat.ko" || got.Dir != "/here" {
		t.Errorf("order %+v", got)
	}
}

func TestStatic(t *testing.T) {
	sh, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash, which is linked dynamically")
	}
	f, err := os.Open(sh)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := static(f); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("static(%s) = %v", sh, err)
	}
}
