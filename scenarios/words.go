package scenarios

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/internal/subnet"
)

// Origin says how the guest got an address.
type Origin string

const (
	OriginSLAAC     Origin = "slaac"     // formed by the kernel from an RA (RFC 4862)
	OriginDHCPv6    Origin = "dhcpv6"    // leased by DHCPv6 (RFC 8415)
	OriginStatic    Origin = "static"    // set by hand
	OriginVIP       Origin = "vip"       // a virtual address
	OriginTemporary Origin = "temporary" // a temporary address (RFC 8981)
)

// Origins returns all origins.
func Origins() []Origin {
	return []Origin{OriginSLAAC, OriginDHCPv6, OriginStatic, OriginVIP, OriginTemporary}
}

// Pick is a selector's choice: an origin, an address, PickNone or PickOther.
type Pick string

const (
	PickNone  Pick = "none"  // no address
	PickOther Pick = "other" // an address that is no candidate
)

// Picks returns all picks: the origins, PickNone and PickOther.
func Picks() []Pick {
	var ps []Pick
	for _, o := range Origins() {
		ps = append(ps, Pick(o))
	}
	return append(ps, PickNone, PickOther)
}

// Role is the consumer of the chosen address.
type Role string

const (
	RoleNode    Role = "node"    // the default address, for /etc/hosts and the host name
	RoleKubelet Role = "kubelet" // kubelet's --node-ip, the address in the Node object
	RoleEtcd    Role = "etcd"    // etcd's advertised peer address
)

// Roles returns all roles.
func Roles() []Role { return []Role{RoleNode, RoleKubelet, RoleEtcd} }

// Client configures the guest.
type Client string

// ClientKernel is the kernel's SLAAC and an in-process DHCPv6 client that
// installs the lease as a permanent /128, as Talos does.
const ClientKernel Client = "kernel"

// Programs that configure guests in practice, as Debian ships them.
const (
	ClientDHClient       Client = "dhclient"         // by ISC; the kernel reads router advertisements
	ClientNetworkd       Client = "systemd-networkd" // this and those below read router advertisements themselves
	ClientDHCPCD         Client = "dhcpcd"
	ClientNetworkManager Client = "networkmanager"
)

// Clients returns all clients.
func Clients() []Client {
	return []Client{ClientKernel, ClientDHClient, ClientNetworkd, ClientDHCPCD, ClientNetworkManager}
}

// MAC is an EUI-48 link-layer address, written "52:54:00:1f:c7:bd".
type MAC [6]byte

// ParseMAC reads six octets in any notation of net.ParseMAC. It refuses group addresses
// and the zero address, which no interface can have.
func ParseMAC(s string) (MAC, error) {
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return MAC{}, fmt.Errorf("%q is no MAC address", s)
	}
	m := MAC(hw)
	if m[0]&1 != 0 {
		return MAC{}, fmt.Errorf("%s is a group address; an interface needs an individual one (first octet even)", m)
	}
	if m == (MAC{}) {
		return MAC{}, fmt.Errorf("%s is the zero address", m)
	}
	return m, nil
}

func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// HardwareAddr returns m in the type of the standard library.
func (m MAC) HardwareAddr() net.HardwareAddr { return net.HardwareAddr(m[:]) }

func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: advice has a MAC, in JSON.
func (m *MAC) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMAC(string(b))
	return err
}

// IsZero reports whether m is the zero value.
func (m MAC) IsZero() bool { return m == MAC{} }

// Filter is one entry of a subnet filter list: a CIDR, or "!CIDR" to exclude.
type Filter string

// ParseFilter reads a CIDR, of which it clears the host bits, or an address, which
// is a CIDR of full length. A "!" before it excludes.
func ParseFilter(s string) (Filter, error) {
	p, not, ok := subnet.ParseFilter(s)
	switch {
	case !ok:
		return "", fmt.Errorf("%q is neither a CIDR nor an address, with or without a ! before it", s)
	case not:
		return Filter("!" + p.String()), nil
	}
	return Filter(p.String()), nil
}

// Ports are the forwarded ports in passt's own notation: all, none, or ports and ranges
// with commas between them: "22,6443,30000-32767". A "~" excludes: "~15000-15010" is
// all but these.
type Ports string

// Ports that are no list.
const (
	AllPorts Ports = "all"
	NoPorts  Ports = "none"
)

// PortRange is a range of ports, both ends included.
type PortRange struct{ First, Last uint16 }

// ParsePorts reads ports in that notation.
func ParsePorts(s string) (Ports, error) {
	p := Ports(s)
	if _, _, err := p.parse(); err != nil {
		return "", err
	}
	return p, nil
}

// Ranges returns the ports as ranges in order, which neither overlap nor touch. all are
// the ports of the word all, and of a list that has only exclusions.
func (p Ports) Ranges(all []PortRange) (rs []PortRange) {
	include, exclude, err := p.parse()
	if err != nil || p == NoPorts {
		return nil
	}
	if len(include) == 0 {
		include = all
	}
	var open [1 << 16]bool
	for _, r := range include {
		for i := int(r.First); i <= int(r.Last); i++ {
			open[i] = true
		}
	}
	for _, r := range exclude {
		clear(open[r.First : int(r.Last)+1])
	}
	for i, is := range open {
		switch port := uint16(i); {
		case !is:
		case i > 0 && open[i-1]:
			rs[len(rs)-1].Last = port
		default:
			rs = append(rs, PortRange{port, port})
		}
	}
	return rs
}

func (p Ports) parse() (include, exclude []PortRange, err error) {
	if p == AllPorts || p == NoPorts {
		return nil, nil, nil
	}
	for part := range strings.SplitSeq(string(p), ",") {
		rest, not := strings.CutPrefix(part, "~")
		first, last, isRange := strings.Cut(rest, "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 16)
		b, errB := strconv.ParseUint(last, 10, 16)
		if errA != nil || errB != nil || a == 0 || a > b {
			return nil, nil, fmt.Errorf("%q is neither a port from 1 to 65535 nor a range of them", part)
		}
		r := PortRange{uint16(a), uint16(b)}
		if not {
			exclude = append(exclude, r)
		} else {
			include = append(include, r)
		}
	}
	return include, exclude, nil
}
