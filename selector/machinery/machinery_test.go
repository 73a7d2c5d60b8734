package machinery

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
)

// The adapter's own go.mod, which is for editing, requires the newest version.
func TestVersions(t *testing.T) {
	vs := Versions()
	for i, v := range vs[1:] {
		if catalogue.Compare(vs[i], v) >= 0 {
			t.Errorf("%s after %s", v, vs[i])
		}
	}
	gomod, err := os.ReadFile("../adapters/talos-config/go.mod")
	if want := entry.Module + " " + vs[len(vs)-1] + "\n"; err != nil || !strings.Contains(string(gomod), want) {
		t.Errorf("go.mod does not require %s: %v", want, err)
	}
	for _, r := range entry.Raise {
		if !strings.Contains(string(gomod), r.Module+" "+r.To) {
			t.Errorf("go.mod does not have %s at %s", r.Module, r.To)
		}
	}
}

// script is a machinery that is a shell script.
func script(t *testing.T, text string) *Machinery {
	t.Helper()
	file := filepath.Join(t.TempDir(), "talos-config")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Machinery{Version: "v1.13.9", program: file}
}

func TestRun(t *testing.T) {
	m := script(t, `[ "$1" = read ] && read -r line && echo "{\"podSubnets\": [\"$line\"], \"dhcpv6\": [\"eth0\"]}" && exit
echo "{\"validSubnets\": [\"$*\", \"$HOME\"]}"`)
	s, err := m.Read(t.Context(), strings.NewReader("fd00::/56\n"))
	if err != nil || len(s.PodSubnets) != 1 || s.PodSubnets[0].String() != "fd00::/56" || s.DHCPv6[0] != "eth0" {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = m.Apply(t.Context(), "worker", "a.yaml", "b.yaml")
	if err != nil || strings.Join(s.ValidSubnets, "|") != "apply v1.13.9 worker a.yaml b.yaml|" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRunFails(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"printf '2 errors occurred:\\n\\t* one\\n\\t* two\\n\\n' >&2; exit 1", "read machine configuration as Talos v1.13.9 does: 2 errors occurred: one two"},
		{"exit 3", "exit status 3"},
		{"echo no JSON", "what the configuration says: invalid character"},
		{`echo '{"podSubnets": ["x"]}'`, `what the configuration says: netip.ParsePrefix("x")`},
	} {
		if _, err := script(t, tt.text).Read(t.Context(), strings.NewReader("")); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := script(t, "sleep 60").Apply(ctx, "worker", "a.yaml"); !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
	_, err := New(t.Context(), adapters.Builder{Dir: t.TempDir(), CachedOnly: true}, "v1.9.0")
	if !errors.Is(err, adapters.ErrNotCached) {
		t.Errorf("%v, want %v", err, adapters.ErrNotCached)
	}
}

// What is accepted can be told again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"podSubnets": ["fd00::/56"], "vips": ["fd01::1"], "validSubnets": ["!fd01::1/128"], "dhcpv6": ["eth0"]}`))
	f.Add([]byte(`{"podSubnets": ["x"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(again); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	})
}
