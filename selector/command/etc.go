package command

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// etc returns the files of /etc by which a program resolves names, nil for the machine's.
func etc(o selector.Observation) map[string]string {
	if o.Hostname == "" && len(o.Hosts) == 0 {
		return nil
	}
	hosts := o.Hosts
	if len(hosts) == 0 {
		local := []string{"localhost"}
		hosts = []selector.Host{{Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Names: local}, {Address: netip.IPv6Loopback(), Names: local}}
	}
	var lines strings.Builder
	for _, h := range hosts {
		fmt.Fprintf(&lines, "%s %s\n", h.Address, strings.Join(h.Names, " "))
	}
	files := map[string]string{
		"hosts": lines.String(),
		// No plug-in of the machine's, such as myhostname, and no name server.
		"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
		"resolv.conf":   "",
	}
	if o.Hostname != "" {
		files["hostname"] = o.Hostname + "\n"
	}
	return files
}
