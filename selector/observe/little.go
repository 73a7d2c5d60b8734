package observe

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// poor is a format that holds too little for an observation.
type poor struct {
	shape shape
	line  *regexp.Regexp // matches a line that no other format has
	// lacks is what the format does not have, and instead the command to paste.
	lacks, instead string
}

const (
	ipAddress = "ip address"
	talosList = "talosctl get addresses -o yaml"
)

var poors = []poor{
	{"ifconfig", regexp.MustCompile(`^\S+: flags=[0-9a-f]+<|\bLink encap:|\binet6? addr: ?|\binet6? \S+ +(?:prefixlen|netmask) `),
		"the flags and lifetimes of addresses, and IPv6 addresses in the kernel's order", ipAddress},
	{"networkctl status", regexp.MustCompile(`^\s*(?:Link File|Network File|Online state|Hardware Address|Activation Policy):|^\s*IDX\s+LINK\s+TYPE\s`),
		"prefix lengths, flags and lifetimes of addresses, and the kernel's order", ipAddress},
	{"nmcli", regexp.MustCompile(`^(?:GENERAL|IP[46]|DHCP[46])\.[A-Z0-9-]+(?:\[\d+\])?:|^\S+: (?:connected|disconnected|unmanaged|connecting)\b|^\s*ipv6\.(?:method|addresses|addr-gen-mode):`),
		"flags and lifetimes of addresses, and the kernel's order", ipAddress},
	{"kubectl describe node", regexp.MustCompile(`^\s*(?:InternalIP|ExternalIP|Hostname|PodCIDRs?):\s+\S`),
		"the addresses that the node has; it says only which of them Kubernetes uses", ipAddress},
	{"kubectl get nodes", regexp.MustCompile(`^\s*NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION|^\s*\S+\s+(?:Not)?Ready\S*\s+\S+\s+\d+[smhdy]\S*\s+v\d`),
		"the addresses that the node has; with -o wide it says only which of them Kubernetes uses", ipAddress},
	{"ipconfig of Windows", regexp.MustCompile(`^\s*Windows IP Configuration|^\s*(?:Link-local )?IPv[46] Address[ .]*:|^\s*Temporary IPv6 Address[ .]*:`),
		"all that selectors for Linux go by", ipAddress},
	{"/etc/network/interfaces", regexp.MustCompile(`^\s*(?:auto|allow-hotplug|iface)\s+\S+(?:\s+inet6?\s+\w+)?\s*$`),
		"the addresses that the node has; it configures some of them", ipAddress},
	{"a file of systemd-networkd", regexp.MustCompile(`^\s*\[(?:Match|Network|IPv6AcceptRA|DHCPv6)\]\s*$`),
		"the addresses that the node has; it configures some of them", ipAddress},
	{"the table of cloud-init", regexp.MustCompile(`\bci-info: [|+]`), "flags and lifetimes of addresses, and the kernel's order", ipAddress},
	{"virsh domifaddr", regexp.MustCompile(`^\s*Name\s+MAC address\s+Protocol\s+Address`), "flags and lifetimes of addresses", ipAddress + " in the virtual machine"},
	{"kubectl get", regexp.MustCompile(`^\s*(?:NAMESPACE\s+)?NAME\s+(?:AGE\s+PHASE|READY\s+STATUS|TYPE\s+CLUSTER-IP)\b`), "the addresses that a node has", ipAddress},
	{"ip neighbour", regexp.MustCompile(`^\S+ dev \S+ (?:lladdr \S+ )?(?:router )?(?:REACHABLE|STALE|DELAY|PROBE|FAILED|INCOMPLETE|PERMANENT|NOARP)\s*$`),
		"the addresses of the node itself", ipAddress},
	{"the dashboard of Talos", regexp.MustCompile(`\bSIDEROLINK\s|\bCONNECTIVITY\s+\S+ |^[│|\s]*IP\s+[0-9a-f:.]+/\d+(?:,|\s*$)`), "the links and flags of addresses, and the kernel's order", talosList},
	{"a scenario of passtlab", regexp.MustCompile(`^(?:requirement|prove):\s`), "the addresses of a node: passtlab run plays it", ipAddress},
	{"ip maddress", regexp.MustCompile(`^\s*(?:inet6 ff|link  33:33:)`), "unicast addresses", ipAddress},
	{"ip -br link", regexp.MustCompile(`^\S+\s+(?:UNKNOWN|UP|DOWN|LOWERLAYERDOWN|DORMANT)\s+(?:\S+\s+)?<[A-Z0-9_,-]+>\s*$`), "addresses", ipAddress},
}

// ipLinkOnly is of ip link, whose lines are also those of ip address.
var ipLinkOnly = poor{"ip link", nil, "addresses", ipAddress}

// shapeMonitor is of events, among which are addresses that are gone.
const shapeMonitor shape = "ip monitor"

var monitorLine = regexp.MustCompile(`^\s*(?:\[[\d:T.-]+\]\s*)?(?:\[(?:ADDR|LINK|ROUTE|NEIGH)\]|Deleted )\s*\S`)

// shapeBare is a list of addresses and nothing else.
const shapeBare shape = "hostname -I"

// shapePrefix is a list of addresses with their lengths, as of a column that awk has cut out.
const shapePrefix shape = "addresses alone"

// poorOf returns the format of a shape that holds too little. It has to be one.
func poorOf(s shape) poor {
	switch s {
	case shapeMonitor:
		return poor{s, nil, "a list of the addresses that are there at one time", ipAddress}
	case shapeBare:
		return poor{s, nil, "prefix lengths, flags, lifetimes and links of addresses", ipAddress}
	case shapePrefix:
		return poor{s, nil, "flags, lifetimes and links of addresses", ipAddress}
	case shapeRoutes:
		return poor{s, nil, "addresses of the node; its routes are read beside a list of addresses", ipAddress}
	}
	return poors[slices.IndexFunc(poors, func(p poor) bool { return p.shape == s })]
}

// little returns the shape of a line of a format that holds too little.
func little(text string) shape {
	if monitorLine.MatchString(text) {
		return shapeMonitor
	}
	for _, p := range poors {
		if p.line.MatchString(text) {
			return p.shape
		}
	}
	words := strings.Fields(text)
	if len(words) == 1 && isPrefix(words[0]) {
		return shapePrefix
	}
	if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { _, err := netip.ParseAddr(w); return err != nil }) {
		return shapeBare
	}
	return shapeNone
}

// fault says what the format lacks.
func (p poor) fault(n int) error {
	return withNext(fault(n, "", "this looks like %s, which does not have %s", p.shape, p.lacks),
		"paste the output of "+p.instead+" of that node instead, or beside it")
}
