package guest

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

func TestFindClient(t *testing.T) {
	for _, name := range []scenarios.Client{"", scenarios.ClientKernel} {
		if c, err := FindClient(name); c != nil || err != nil {
			t.Errorf("%q: got %+v, %v", name, c, err)
		}
	}
	if _, err := FindClient("pump"); err == nil || err.Error() != "find client pump: there is no such client" {
		t.Errorf("got %v", err)
	}
	// Every word that scenarios know is a client here, installed or not.
	for _, name := range scenarios.Clients()[1:] {
		c, err := FindClient(name)
		missing, ok := errors.AsType[*NoClientError](err)
		if ok {
			c = missing.Client
		}
		if c == nil || c.Name != name || c.Package == "" {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

// What is not installed is said with the package that has it.
func TestNotInstalled(t *testing.T) {
	old := known
	defer func() { known = old }()
	known = []Client{{Name: "pump", Package: "pump-client", programs: []string{"/nonexistent/pump"}}}
	want := "pump is not installed; as root: apt-get install pump-client"
	_, err := FindClient("pump")
	if _, ok := errors.AsType[*NoClientError](err); !ok || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestVersion(t *testing.T) {
	for _, tt := range []struct{ says, want string }{
		{"isc-dhclient-4.4.3-P1", "4.4.3-P1"},
		{"systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT", "252"},
		{"dhcpcd 9.4.1\nCopyright (c) 2006-2021", "9.4.1"},
		{"1.42.4", "1.42.4"},
		{"no word", ""},
	} {
		path := filepath.Join(t.TempDir(), "client")
		if err := os.WriteFile(path, []byte("#!/bin/sh\ncat >&2 <<E\n"+tt.says+"\nE\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		got, err := (&Client{path: path}).ask()
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %q, %v", tt.says, got, err)
		}
	}
}

// Where a client takes advertisements, what is in an advertised prefix and
// nobody else's is SLAAC, whatever its flags.
func TestFormed(t *testing.T) {
	prefix := netip.MustParsePrefix("fd00::/64")
	for _, tt := range []struct {
		name    string
		client  *Client
		address string
		flags   uint32
		want    scenarios.Origin
	}{
		{"kernel", nil, "fd00::1/64", unix.IFA_F_PERMANENT, ""},
		{"kernel's advertisements", &Client{}, "fd00::1/64", unix.IFA_F_PERMANENT, ""},
		{"formed", &Client{RA: true}, "fd00::1/64", unix.IFA_F_PERMANENT, scenarios.OriginSLAAC},
		{"formed and temporary", &Client{RA: true}, "fd00::1/64", unix.IFA_F_TEMPORARY, scenarios.OriginTemporary},
		{"by hand", &Client{RA: true}, "fd00::9/64", unix.IFA_F_PERMANENT, scenarios.OriginStatic},
		{"elsewhere", &Client{RA: true}, "fd00:1::1/64", unix.IFA_F_PERMANENT, ""},
	} {
		g := &Guest{client: tt.client, advertised: []netip.Prefix{{}, prefix},
			origins: origins{{addr: netip.MustParseAddr("fd00::9")}: scenarios.OriginStatic}}
		got, ok := g.Origin(link.Address{Prefix: netip.MustParsePrefix(tt.address), Flags: tt.flags})
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q, %t", tt.name, got, ok)
		}
	}
}

// No client sees anything of the machine's in the folders that it writes to.
func TestOwn(t *testing.T) {
	for _, c := range known {
		for _, s := range []settings{{link: "eth0", ra: true, dhcpv6: true}, {link: "eth0", ra: true}, {link: "eth0", dhcpv6: true}} {
			spec := c.configure(s)
			for _, dir := range []string{"/etc", "/run", "/var/lib"} {
				if _, ok := spec.Own[dir]; !ok {
					t.Errorf("%s has no %s of its own", c.Name, dir)
				}
			}
			if !strings.Contains(strings.Join(spec.Args, " "), "eth0") {
				text := ""
				for _, t := range spec.Own["/etc"] {
					text += t
				}
				if !strings.Contains(text, "eth0") {
					t.Errorf("%s is not told the interface", c.Name)
				}
			}
		}
	}
}
