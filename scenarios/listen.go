package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Listen says how the servers of the roles listen, where that matters. The role node has no
// server.
type Listen struct {
	// Kubelet is about kubelet, and all that peers look for at the Node's address.
	Kubelet Listener `yaml:"kubelet,omitempty"`
	// Etcd is about etcd. That of kubeadm, k3s and rke2 is bound; Talos' listens on the
	// wildcard address.
	Etcd Listener `yaml:"etcd,omitempty"`
}

// Listener says how the servers of a role listen, and so when an address works for it.
// Default: on the wildcard address, at ports of the lab's own, over TCP and UDP.
type Listener struct {
	// Works says which server has to be reached at an address. both: one on the wildcard
	// address. bound: one that is bound to that address alone, also after the guest has
	// sent from each of its other addresses. Default: both.
	Works Works `yaml:"works,omitempty"`
	// Ports are those of the role's servers. An address works if all of them do, each over
	// its own protocol. They need not be in passt.tcp or passt.udp: that is what is
	// measured. Default: TCP and UDP at ports that passt always forwards here.
	Ports []Port `yaml:"ports,omitempty" nonempty:"true"`
}

// Works is what works about an address that works.
type Works string

const (
	WorksBoth  Works = "both"  // out and in, with a server on the wildcard address
	WorksBound Works = "bound" // out and in, with a server bound to the address alone
)

// Bound reports whether servers are bound to the chosen address.
func (l Listener) Bound() bool { return l.Works == WorksBound }

// Default reports whether the role is like one about which the scenario says nothing.
func (l Listener) Default() bool { return !l.Bound() && len(l.Ports) == 0 }

// String returns the settings: "bound, 2379/tcp, 2380/tcp".
func (l Listener) String() string {
	var words []string
	if l.Bound() {
		words = append(words, string(l.Works))
	}
	for _, p := range l.Ports {
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
}

// Listener returns how the servers of a role listen.
func (s *Scenario) Listener(r Role) Listener {
	switch r {
	case RoleKubelet:
		return s.Listen.Kubelet
	case RoleEtcd:
		return s.Listen.Etcd
	}
	return Listener{}
}

// Port is a port with its protocol: "2379/tcp", "8472/udp".
type Port string

// ParsePort reads a port. Without a protocol it is of TCP, as in Kubernetes.
func ParsePort(s string) (Port, error) {
	number, protocol, given := strings.Cut(s, "/")
	if !given {
		protocol = "tcp"
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || protocol != "tcp" && protocol != "udp" {
		return "", fmt.Errorf("%q is no port from 1 to 65535, alone or with /tcp or /udp", s)
	}
	return Port(fmt.Sprintf("%d/%s", n, protocol)), nil
}

// Number returns the port's number.
func (p Port) Number() uint16 {
	number, _, _ := strings.Cut(string(p), "/")
	n, _ := strconv.ParseUint(number, 10, 16)
	return uint16(n)
}

// UDP reports whether the port is of UDP, and not of TCP.
func (p Port) UDP() bool { return strings.HasSuffix(string(p), "/udp") }

// ListenPorts returns all ports of listen.
func (s *Scenario) ListenPorts() (ps []Port) {
	for _, r := range Roles() {
		ps = append(ps, s.Listener(r).Ports...)
	}
	return ps
}

// As lists what is reachable for roles whose servers listen otherwise (listen).
type As struct {
	// Kubelet lists what is reachable for kubelet. Default: reachable.
	Kubelet *[]Target `yaml:"kubelet,omitempty"`
	// Etcd lists what is reachable for etcd. Default: reachable.
	Etcd *[]Target `yaml:"etcd,omitempty"`
}

// For returns what is reachable for a role at the checkpoint.
func (cp *Checkpoint) For(r Role) []Target {
	if of := cp.As.of(r); of != nil {
		return *of
	}
	return cp.Reachable
}

func (as As) of(r Role) *[]Target {
	return map[Role]*[]Target{RoleKubelet: as.Kubelet, RoleEtcd: as.Etcd}[r]
}

// listen finds roles that are not judged, and ports that two of them have.
func (c checker) listen() {
	if !c.Sound("listen", "roles") {
		return
	}
	taken := map[uint16]string{}
	for _, r := range Roles() {
		path := "listen." + string(r)
		if _, given := c.Places[path]; given && !slices.Contains(c.Roles, r) {
			c.fault(path, "one of the scenario's roles", "add it to roles, or remove it", "%s is not judged here", r)
		}
		for i, p := range c.Listener(r).Ports {
			if by, ok := taken[p.Number()]; ok && by != path {
				c.fault(fmt.Sprintf("%s.ports[%d]", path, i), "a port of its own", "remove one of them", "port %d is in %s too", p.Number(), by)
			}
			taken[p.Number()] = path
		}
	}
}

// as finds expectations for roles that need none.
func (c checker) as(path string, as As) {
	for _, r := range Roles() {
		if key := path + "." + string(r); as.of(r) != nil && c.Sound(key, "listen", "roles") && c.Listener(r).Default() {
			c.fault(key, "a role that listen is about", "say in listen how it listens, or remove it", "%s listens as a role does about which nothing is said", r)
		}
	}
}
