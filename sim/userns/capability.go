package userns

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// Capability is a capability that labs without a user namespace need, as root of a
// container (capabilities(7)).
type Capability struct {
	Name   string // such as "CAP_NET_RAW"
	Bit    uint
	Client scenarios.Client // the guest's client that needs it; "" if every lab does
	Why    string           // the use
}

// Short returns the name that container engines use, such as "NET_RAW".
func (c Capability) Short() string { return strings.TrimPrefix(c.Name, "CAP_") }

// Capabilities lists all that labs need. docs/containers.md and deploy/ repeat the list.
// Tests of cmd/passtlab compare them, and remove each capability to see a lab fail.
var Capabilities = []Capability{
	{"CAP_SYS_ADMIN", unix.CAP_SYS_ADMIN, "", "network, mount and PID namespaces, and mounts in them"},
	{"CAP_NET_ADMIN", unix.CAP_NET_ADMIN, "", "interfaces, addresses, routes, nftables and `/proc/sys/net`"},
	{"CAP_NET_RAW", unix.CAP_NET_RAW, "", "packet sockets: router advertisements, neighbour discovery, captures"},
	{"CAP_NET_BIND_SERVICE", unix.CAP_NET_BIND_SERVICE, "", "the DHCPv6 ports 546 and 547"},
	{"CAP_SETPCAP", unix.CAP_SETPCAP, "", "takes rights from the programs of `--exec` and `--exec-watch`"},
	{"CAP_NET_BROADCAST", unix.CAP_NET_BROADCAST, scenarios.ClientNetworkd, "is among those that systemd-networkd keeps for itself"},
	{"CAP_SETGID", unix.CAP_SETGID, scenarios.ClientNetworkd, "systemd-networkd drops its groups"},
}

// Require checks the capabilities that a client needs in addition to those of every lab.
// The error is an *Error.
func Require(client scenarios.Client) error {
	return require(os.DirFS("/proc"), "run "+string(client), client)
}

func require(proc fs.FS, op string, client scenarios.Client) error {
	if missing := missingCaps(proc, client); len(missing) > 0 {
		return &Error{Op: op, Causes: []string{grant(missing)}, Err: syscall.EPERM}
	}
	return nil
}

// missingCaps lists the capabilities of a client, or with "" of every lab, that are not in
// the effective set.
func missingCaps(proc fs.FS, client scenarios.Client) (missing []Capability) {
	set, err := strconv.ParseUint(status(proc, "CapEff"), 16, 64)
	if err != nil {
		return nil
	}
	for _, c := range Capabilities {
		if c.Client == client && set>>c.Bit&1 == 0 {
			missing = append(missing, c)
		}
	}
	return missing
}

func grant(missing []Capability) string {
	var names, flags, shorts []string
	for _, c := range missing {
		names = append(names, c.Name)
		flags = append(flags, "--cap-add "+c.Short())
		shorts = append(shorts, c.Short())
	}
	verb := "is"
	if n := len(names); n > 1 {
		verb = "are"
		names = append(slices.Clone(names[:n-2]), names[n-2]+" and "+names[n-1])
	}
	return fmt.Sprintf("%s %s missing: run as root; in a container, as root with docker or podman run %s, in Kubernetes capabilities: {add: [%s]}",
		strings.Join(names, ", "), verb, strings.Join(flags, " "), strings.Join(shorts, ", "))
}
