package command

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
)

// A program resolves the host name of the guest by the guest's files, as kubelet does.
func TestHosts(t *testing.T) {
	need.Namespaces(t)
	a := netip.MustParseAddr("fd01:cafe::a")
	s, err := New("lookup", []string{"/bin/sh", "-c", `h=$(cat /proc/sys/kernel/hostname); while read -r a n; do [ "$n" = "$h" ] && echo "$a" && exit; done < /etc/hosts; exit 77`}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Select(t.Context(), selector.Observation{Hostname: "node-1", Hosts: []selector.Host{{Address: netip.IPv6Loopback(), Names: []string{"localhost"}}, {Address: a, Names: []string{"node-1"}}}})
	if err != nil || c.Address() != a {
		t.Errorf("chose %v, %v", c, err)
	}
}

// Without either there are the machine's files, and without hosts there is localhost.
func TestEtcFiles(t *testing.T) {
	if got := etc(selector.Observation{}); got != nil {
		t.Errorf("got %v", got)
	}
	got := etc(selector.Observation{Hostname: "node-1"})
	if got["hosts"] != "127.0.0.1 localhost\n::1 localhost\n" || got["hostname"] != "node-1\n" || !strings.Contains(got["nsswitch.conf"], "hosts: files") {
		t.Errorf("got %q", got)
	}
	got = etc(selector.Observation{Hosts: []selector.Host{{Address: netip.IPv6Loopback(), Names: []string{"a", "b.example.org"}}}})
	if _, named := got["hostname"]; got["hosts"] != "::1 a b.example.org\n" || named {
		t.Errorf("got %q", got)
	}
}
