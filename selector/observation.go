package selector

import "net/netip"

// Observation is what a selector sees. An external one gets the JSON form on standard
// input.
type Observation struct {
	APIVersion string     `json:"apiVersion"` // "passtlab/v1"
	Role       string     `json:"role"`       // the consumer: kubelet (the Node object), etcd, or node (/etc/hosts and the host name)
	Interface  string     `json:"interface"`  // the guest's main interface, the one behind passt
	Target     netip.Addr `json:"target"`     // an address of another node of the cluster network
	Links      []Link     `json:"links"`      // the guest's interfaces in the kernel's order
	// Addresses are those of all links, in the kernel's order, link-local
	// and loopback ones included.
	Addresses []Address `json:"addresses"`
	Routes    []Route   `json:"routes"` // the IPv6 routes of the main table, in the kernel's order
	Config    Config    `json:"config"` // the configuration of the component

	// Hostname and Hosts are the host name and the lines of /etc/hosts. Empty: those of the
	// machine.
	Hostname string `json:"hostname,omitempty"`
	Hosts    []Host `json:"hosts,omitempty"`

	// Source says in what form an observation from a file was, such as "ip -br
	// address". It is empty for one from the kernel.
	Source  string `json:"source,omitempty"`
	Unknown Facts  `json:"unknown,omitempty"` // what that form does not say, and is zero here

	// Guest is the namespace that was observed; nil for an observation from a file.
	Guest Namespace `json:"-"`
	// Disk has the files that the selector's program has written in this guest and
	// role. Nil: it finds no files, and those that it writes are lost.
	Disk *Disk `json:"-"`
}

// Candidates returns the candidate addresses, the global unicast IPv6 ones
// (RFC 4291 2.5.4; unique local ones are among them), in the kernel's order.
func (o Observation) Candidates() []Address {
	var as []Address
	for _, a := range o.Addresses {
		if IsCandidate(a.Prefix.Addr()) {
			as = append(as, a)
		}
	}
	return as
}

// IsCandidate reports whether a is a global unicast IPv6 address.
func IsCandidate(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.IsGlobalUnicast() }

func (o Observation) Link(name string) (Link, bool) {
	for _, l := range o.Links {
		if l.Name == name {
			return l, true
		}
	}
	return Link{}, false
}

// APIVersion is the version of the observation and of the report.
const APIVersion = "passtlab/v1"

// Namespace is a network namespace that a selector may act in.
type Namespace interface {
	// Do runs f on a thread inside the namespace. Sockets opened by f stay
	// there; goroutines started by f do not run there.
	Do(f func() error) error
}

// Here is the namespace that this process is in.
var Here Namespace = here{}

type here struct{}

func (here) Do(f func() error) error { return f() }

// Link is a network interface.
type Link struct {
	Index int    `json:"index"`
	Name  string `json:"name"`
	Type  string `json:"type"` // rtnetlink's kind: "veth", "loopback", …
	MAC   string `json:"mac,omitempty"`
	MTU   int    `json:"mtu"`
	Up    bool   `json:"up"` // administratively up and carrier
	// Flags are the kernel's; LinkUp without LinkLowerUp is a link without a carrier.
	Flags LinkFlags `json:"flags,omitempty"`
}

// Address is an address of a link.
type Address struct {
	Prefix netip.Prefix `json:"address"` // the address with its prefix length
	Link   string       `json:"link"`    // the interface's name
	Scope  string       `json:"scope"`   // "global", "site", "link" or "host"
	Flags  Flags        `json:"flags"`   // the kernel's IFA_F_ flags
	// ValidLifetime and PreferredLifetime are in seconds; Forever is
	// infinite (RFC 4861 4.6.2).
	ValidLifetime     uint32 `json:"validLifetime"`
	PreferredLifetime uint32 `json:"preferredLifetime"`
	// Protocol is IFA_PROTO: "kernel_lo", "kernel_ra", "kernel_ll", a
	// number, or empty when the kernel gives none.
	Protocol string `json:"protocol,omitempty"`
	// Foreign says that neither the node's own configuration, nor its DHCPv6 client,
	// nor the kernel assigned the address: it is a virtual one. A node's operating
	// system can know that, a program that reads the kernel's list cannot, and so no
	// program is told. False where nobody knows.
	Foreign bool `json:"-"`
}

// Host is a line of /etc/hosts.
type Host struct {
	Address netip.Addr `json:"address"`
	Names   []string   `json:"names"`
}

// Forever is the infinite lifetime (RFC 4861 4.6.2).
const Forever = 0xffffffff

// Route is a route of the main table.
type Route struct {
	Destination netip.Prefix `json:"destination"` // ::/0 is the default route
	Gateway     netip.Addr   `json:"gateway,omitzero"`
	Source      netip.Addr   `json:"source,omitzero"` // preferred source
	Link        string       `json:"link"`
	Metric      int          `json:"metric"`
	Protocol    string       `json:"protocol"` // "kernel", "ra", "static", …
}

// Config is the configuration of the component. Filters are CIDRs or addresses, with a
// "!" before those to exclude; their order matters.
type Config struct {
	PodSubnets        []netip.Prefix `json:"podSubnets,omitempty"`
	ServiceSubnets    []netip.Prefix `json:"serviceSubnets,omitempty"`
	ValidSubnets      []string       `json:"validSubnets,omitempty"`
	AdvertisedSubnets []string       `json:"advertisedSubnets,omitempty"`
	VIPs              []netip.Addr   `json:"vips,omitempty"`
	Exclusions        []netip.Prefix `json:"exclusions,omitempty"`
}
