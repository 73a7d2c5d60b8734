package scenarios

import (
	"net/netip"

	"github.com/passtlab/passtlab/internal/strict"
)

// A Scenario is one case of the corpus.
type Scenario struct {
	// ID names the scenario in reports and on the command line: lower-case letters,
	// digits and hyphens. It equals the file's name without ".yaml", the default.
	ID string `yaml:"id,omitempty" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"lower-case letters, digits and single hyphens"`
	// Title describes in one line what is special about the situation.
	Title string `yaml:"title" required:"true"`
	// Requirement is the sentence that a selector has to fulfil. The corpus needs it.
	Requirement string `yaml:"requirement,omitempty"`
	// References are upstream issues and RFC sections. The corpus needs them.
	References []string `yaml:"references,omitempty"`
	// Labels group scenarios; "label:NAME" selects them. In the corpus the folder is a
	// label, and slow is one if real time passes.
	Labels []string `yaml:"labels,omitempty" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"lower-case letters, digits and single hyphens"`
	// Covers are the items of coverage.yaml that the scenario covers.
	Covers []string `yaml:"covers,omitempty" is:"item"`

	// Needs are the kernels on which the situation can happen. Default: all. On others
	// passtlab skips the scenario.
	Needs *Needs `yaml:"needs,omitempty"`

	// Network is what connects the guest with its peers. Default: passt.
	Network Network `yaml:"network,omitempty"`
	// Pod is the network namespace in which the guest runs, behind passt or one of
	// KubeVirt's other bindings. A lan has none.
	Pod Pod `yaml:"pod" required:"true" unless:"network=lan"`
	// Passt says how passt behaves towards the guest. Other networks have none.
	Passt Passt `yaml:"passt,omitempty"`
	// Guest is the virtual machine.
	Guest Guest `yaml:"guest" required:"true"`
	// Routers are the routers on the guest's link, beside passt if that is there.
	Routers []Router `yaml:"routers,omitempty"`
	// DHCPv6 is the DHCPv6 server on the guest's link, where that is not passt.
	DHCPv6 DHCPv6Server `yaml:"dhcpv6,omitempty"`

	// Peer is the other pod or node between which and the guest the lab measures.
	Peer Peer `yaml:"peer,omitempty"`
	// Second is another guest, behind another passt. Default: none, and the peer is a
	// pod.
	Second *Second `yaml:"second,omitempty"`

	// Events are the timeline, in the order of play.
	Events []Event `yaml:"events" required:"true" nonempty:"true"`
	// Config is the configuration that selectors get.
	Config Config `yaml:"config,omitempty"`
	// Roles are the consumers of the address: kubelet for --node-ip, and so for the Node
	// object; etcd for its advertised addresses; node for /etc/hosts and the host name.
	// Each is judged by itself.
	Roles []Role `yaml:"roles" required:"true" nonempty:"true"`

	// Listen says how the servers of the roles listen: bound to the chosen address, or at
	// ports that passt may not forward.
	Listen Listen `yaml:"listen,omitempty"`

	// Expect is the result that the author expects.
	Expect Expect `yaml:"expect" required:"true"`
	// Prove names a selector that passes and one that fails. The corpus needs it.
	Prove Prove `yaml:"prove,omitempty"`

	// Vary are axes, each of two or more variants. The file stands for all combinations
	// of one variant of each axis, each a scenario. Scenarios that Load returns have
	// none.
	Vary []Axis `yaml:"vary,omitempty" nonempty:"true" json:"-"`

	// Family is the id in the file. If the file stands for several scenarios, each has
	// an id that begins with it.
	Family string `yaml:"-" json:"-"`
	Order  []Kind `yaml:"-" json:"-"` // set by Draw
	File   string `yaml:"-" json:"-"` // of the scenario

	decoder *strict.Decoder // has the places in the file; nil without one
	read    string          // the settings in the file
	known   []knownFailure
}

// An Axis maps the names of variants to overlays: parts of a scenario, with any keys but
// id and vary. Mappings are merged key by key and expect.failures are appended; all
// other values are replaced.
type Axis map[string]any

// Needs are the kernels on which a situation can happen.
type Needs struct {
	// Kernel is the range of their releases, both ends included: "6.1..", "..6.12",
	// "6.1..6.12", or "6.1". An end such as 6.12 stands for all of 6.12.
	Kernel Kernels `yaml:"kernel" json:"kernel" required:"true"`
	// Reason says what other kernels do instead.
	Reason string `yaml:"reason" json:"reason" required:"true"`
}

// Pod describes the network namespace in which passt runs, or another binding.
type Pod struct {
	// IPv6 says whether the pod has IPv6. Default: true. A pod without, as in an
	// IPv4-only cluster, has neither address nor gateway.
	IPv6 *bool `yaml:"ipv6,omitempty"`
	// Address is the pod's address with the prefix length of its interface. passt
	// leases the address, always as a /128.
	Address netip.Prefix `yaml:"address" required:"true" unless:"ipv6,addresses,uplinks" is:"host"`
	// Addresses are several addresses of the pod's eth0, in the order in which they were
	// added. They replace address. passt leases one: since 2023_12_30 the one with the
	// longest prefix, and of several with that length, as before of all, the first that
	// the kernel lists. That is the one added last, and on Linux 7.0.0 to 7.0.11 the one
	// added first.
	Addresses []netip.Prefix `yaml:"addresses,omitempty" nonempty:"true" excludes:"address" is:"host"`
	// Uplinks are several interfaces of the pod, each on a network of its own, such as
	// Multus adds. They replace all other keys but dns. passt takes the address of one, see
	// passt.interface.
	Uplinks []Uplink `yaml:"uplinks,omitempty" nonempty:"true" excludes:"address,addresses,gateway,defaultRoute,mac"`
	// DefaultRoute says whether the pod has a default route in IPv6. Default: true. A
	// pod without has no gateway, and passt starts in it since 2023_06_03.
	DefaultRoute *bool `yaml:"defaultRoute,omitempty"`
	// Gateway is the pod's default router: an address within Address's prefix, or a
	// link-local one.
	Gateway netip.Addr `yaml:"gateway" required:"true" unless:"ipv6,defaultRoute,uplinks" is:"router"`
	// VMIPv6NetworkCIDR is the network between pod and guest where network is
	// masquerade, as in KubeVirt's pod network. The pod has its first address, and the
	// guest the second one. Default: fd10:0:2::/120.
	VMIPv6NetworkCIDR netip.Prefix `yaml:"vmIPv6NetworkCIDR" is:"vmnetwork"`
	// MAC is the address of the pod's eth0. Default: 02:00:00:00:00:0a.
	MAC MAC `yaml:"mac,omitempty"`
	// DNS is the pod's resolver configuration. passt sends it to the guest by RDNSS and
	// DNSSL (RFC 8106) and DHCPv6 (RFC 3646).
	DNS DNS `yaml:"dns,omitempty"`
}

// DNS uses the terms of Kubernetes' PodDNSConfig.
type DNS struct {
	// Nameservers are IPv6 addresses of recursive resolvers.
	Nameservers []netip.Addr `yaml:"nameservers,omitempty" is:"router"`
	// Searches are domains of the search list.
	Searches []string `yaml:"searches,omitempty" pattern:"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.?$" form:"a domain name such as svc.cluster.local"`
}

// Passt is the release of passt and its options. All releases have an option unless
// its text says otherwise.
type Passt struct {
	// Release is the passt release. Default: 2025_05_03, unless kubevirt names one.
	Release string `yaml:"release,omitempty" pattern:"^([0-9]{4}_[0-9]{2}_[0-9]{2}|latest)$" form:"a release such as \"2025_05_03\", or latest"`
	// KubeVirt is the KubeVirt release that ships the passt, and that says how the
	// guest is attached. It replaces release.
	KubeVirt string `yaml:"kubevirt,omitempty" excludes:"release" pattern:"^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?(-[a-z0-9.]+)?$" form:"a KubeVirt release such as \"1.4\" or \"1.8-el10\""`
	// Autonomous is the A flag of the prefix option (RFC 4861 4.6.2). Default: true, as
	// in every passt release. false makes a lab without SLAAC.
	Autonomous *bool `yaml:"autonomous,omitempty"`

	// Address is leased, and its /64 advertised, in place of the pod's own address
	// (passt -a). Since 2026_07_16 passt then delivers inbound traffic only to it,
	// whichever address the guest used last.
	Address netip.Addr `yaml:"address" is:"address"`
	// Gateway replaces the pod's gateway as the address of the pod's loopback. If it is
	// link-local, it is also passt's own address (passt -g).
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// Interface is the uplink of the pod from which passt takes the address that it leases
	// (passt -i). Default: eth0, which KubeVirt names; where pod.uplinks are given, and no
	// kubevirt since 1.1, that of the default route.
	Interface string `yaml:"interface,omitempty" pattern:"^[a-z][a-z0-9]{0,14}$" form:"the name of one of pod.uplinks"`
	// MAC is passt's own link-layer address (passt -M). Default: the pod's; since
	// 2024_08_21 9a:55:9a:55:9a:55.
	MAC MAC `yaml:"mac,omitempty"`
	// MTU is the MTU in router advertisements, 1280 to 65535, or 0 for no MTU option
	// (passt -m). Default: 65520.
	MTU *int `yaml:"mtu,omitempty" minimum:"0" maximum:"65535"`
	// FQDN is the guest's name in DHCPv6, RFC 4704 (passt --fqdn). It has an effect
	// since 2025_02_17.
	FQDN string `yaml:"fqdn,omitempty" pattern:"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.?$" form:"a domain name such as vm.example.org"`
	// DNS replaces pod.dns, list by list (passt -D and -S).
	DNS DNS `yaml:"dns,omitempty"`
	// TCP are the ports that passt forwards to the guest (passt -t): all, none, or a
	// list in passt's own notation. The ports of all depend on the release. Default:
	// all if udp is missing too, otherwise none, as KubeVirt has it for a list.
	TCP Ports `yaml:"tcp,omitempty"`
	// UDP is the same for UDP (passt -u).
	UDP Ports `yaml:"udp,omitempty"`
	// NoRA leaves router solicitations without an answer (passt --no-ra).
	NoRA bool `yaml:"noRA,omitempty"`
	// NoNDP leaves all solicitations without an answer (passt --no-ndp).
	NoNDP bool `yaml:"noNDP,omitempty"`
	// NoICMP does the same as noNDP, and forwards no echo (passt --no-icmp).
	NoICMP bool `yaml:"noICMP,omitempty"`
	// NoDHCPv6 leaves DHCPv6 without an answer (passt --no-dhcpv6).
	NoDHCPv6 bool `yaml:"noDHCPv6,omitempty"`
	// NoMapGW makes the gateway's address reach the gateway, and not the pod's loopback
	// (passt --no-map-gw).
	NoMapGW bool `yaml:"noMapGW,omitempty"`
}

// Guest describes the virtual machine.
type Guest struct {
	// MAC is the address of the guest's eth0. SLAAC forms the EUI-64 interface
	// identifier from it (RFC 4291 appendix A).
	MAC MAC `yaml:"mac" required:"true"`
	// AddrGen says how SLAAC makes interface identifiers. stable-privacy makes the same ones
	// after a reboot, random makes new ones.
	AddrGen AddrGen `yaml:"addrGen,omitempty"`
	// OptimisticDAD sets the sysctls optimistic_dad and use_optimistic (RFC 4429): an address
	// that the kernel forms can be used during duplicate address detection, if the router
	// advertisement has a source link-layer address, as passt's has, and those of routers
	// beside it have not.
	OptimisticDAD bool `yaml:"optimisticDAD,omitempty"`
	// Client configures the guest. Default: kernel. All except kernel and dhclient
	// choose the order of ra and dhcpv6 themselves. Except with kernel, no event can
	// add an address to eth0 before the client has started.
	Client Client `yaml:"client,omitempty"`
	// Hostname is the guest's host name, for programs that are asked: uname(2) and
	// /etc/hostname. Default: that of the machine.
	Hostname string `yaml:"hostname,omitempty" pattern:"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$" form:"a host name such as node-1"`
	// Hosts are the lines of the guest's /etc/hosts, for programs that are asked. No name
	// server answers them then. Default: those of the machine, or localhost if there is a
	// hostname.
	Hosts []Host `yaml:"hosts,omitempty" nonempty:"true"`
	// Static are addresses that the event "static" sets on eth0 by hand.
	Static []netip.Prefix `yaml:"static,omitempty" is:"host"`
	// VIPs are virtual addresses, each a /128, that the event "vip" adds.
	VIPs []netip.Addr `yaml:"vips,omitempty" is:"address"`
	// TempAddr is the sysctl use_tempaddr (RFC 8981): 0 no temporary addresses, 1 the
	// kernel makes them, 2 it also prefers them as source.
	TempAddr int `yaml:"tempaddr,omitempty" minimum:"0" maximum:"2"`
	// Interfaces are further interfaces, on networks without passt, and lo. They have their
	// state and their addresses before the first event, and again after a reboot.
	Interfaces []Interface `yaml:"interfaces,omitempty"`
}

// Second is another guest, behind a passt of its own in another pod of the same cluster
// network. It replaces the peer: the lab measures between the two guests. It has a
// SLAAC address and a lease before the first event.
type Second struct {
	// Address is its pod's address, with the prefix length of the interface.
	Address netip.Prefix `yaml:"address" required:"true" is:"host"`
	// MAC is the address of its eth0. Default: 02:00:00:00:03:01.
	MAC MAC `yaml:"mac,omitempty"`
}

// Config is the configuration that selectors get, in Talos' terms.
type Config struct {
	// PodSubnets are cluster.network.podSubnets of the guest's own cluster.
	PodSubnets []netip.Prefix `yaml:"podSubnets,omitempty" is:"subnet"`
	// ServiceSubnets are cluster.network.serviceSubnets, likewise.
	ServiceSubnets []netip.Prefix `yaml:"serviceSubnets,omitempty" is:"subnet"`
	// ValidSubnets are machine.kubelet.nodeIP.validSubnets: CIDRs or addresses, with a "!"
	// before those to exclude. Their order matters.
	ValidSubnets []Filter `yaml:"validSubnets,omitempty"`
	// AdvertisedSubnets are cluster.etcd.advertisedSubnets, likewise.
	AdvertisedSubnets []Filter `yaml:"advertisedSubnets,omitempty"`
	// VIPs are the shared addresses in the configuration.
	VIPs []netip.Addr `yaml:"vips,omitempty" is:"shared"`
	// Exclusions are subnets in which no selector may choose a node address.
	Exclusions []netip.Prefix `yaml:"exclusions,omitempty" is:"subnet"`
}

// Expect is the result that the author expects.
type Expect struct {
	// Reachable lists the origins, or single addresses, whose candidates work in both
	// directions at the end; [] if none does. No other candidate may work. If the
	// measurement differs, the lab or the scenario has an error, and no selector fails.
	Reachable []Target `yaml:"reachable" required:"true"`
	// As lists the same for a role that listen is about, where that differs.
	As As `yaml:"as,omitempty"`
	// Within bounds the time from the last step to the right choice at the end. Default:
	// only the bound of the answer.
	Within Duration `yaml:"within,omitempty"`
	// Failures are known failures of selectors. Under `make e2e` a failure in this list
	// is an xfail, any other a fail, and a missing one an xpass.
	Failures []Failure `yaml:"failures,omitempty"`
}

// Failure is one known failure.
type Failure struct {
	// Selector is the name of the selector that fails.
	Selector string `yaml:"selector" required:"true"`
	// Role is the role in which it fails. Default: every role.
	Role Role `yaml:"role,omitempty"`
	// Picks is its wrong choice: an origin, none, other, or an address.
	Picks Pick `yaml:"picks" required:"true"`
	// Kind says how it fails. Default: wrong, or lost if Picks is none.
	Kind FailureKind `yaml:"kind,omitempty"`
	// At is the checkpoint at which it fails first. Default: the end.
	At string `yaml:"at,omitempty" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"the name of a checkpoint"`
	// In are the variants in which it fails: names of vary, or orders such as ra-dhcpv6.
	// Default: all. Scenarios that Load returns have only their own failures, without
	// this key.
	In []string `yaml:"in,omitempty" nonempty:"true" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"the name of a variant, or an order such as ra-dhcpv6"`
}

// Prove names a selector that passes and one that fails, with its pick. A scenario that
// no selector can fail is not a test.
type Prove struct {
	// Good is a selector that passes, in every role.
	Good string `yaml:"good" required:"true"`
	// Bad is a selector that fails, in every role or in Role.
	Bad string `yaml:"bad" required:"true"`
	// Picks is the choice of Bad.
	Picks Pick `yaml:"picks" required:"true"`
	// Role is the role in which Bad fails. Default: every role.
	Role Role `yaml:"role,omitempty"`
	// Kind says how Bad fails. Default: wrong, or lost if Picks is none.
	Kind FailureKind `yaml:"kind,omitempty"`
	// At is the checkpoint at which Bad fails first. Default: the end.
	At string `yaml:"at,omitempty" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"the name of a checkpoint"`
}
