package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
	"github.com/passtlab/passtlab/sim/probe"
)

// Release returns the passt release of a scenario, which names it or a KubeVirt release.
func Release(sc *scenarios.Scenario) (passt.Release, error) {
	if v := sc.Passt.KubeVirt; v != "" {
		return passt.KubeVirt(v)
	}
	return passt.Lookup(cmp.Or(sc.Passt.Release, scenarios.DefaultRelease))
}

// As returns the scenarios with another release: "2024_08_06", "latest", or "kubevirt:1.4".
// A scenario that names a release other than the default keeps it. The others are copied.
func As(name string, scs ...*scenarios.Scenario) ([]*scenarios.Scenario, error) {
	if _, err := passt.ParseRelease(name); err != nil {
		return nil, err
	}
	scs = slices.Clone(scs)
	for i, sc := range scs {
		if sc.Passt.KubeVirt != "" || sc.Passt.Release != scenarios.DefaultRelease {
			continue
		}
		scs[i] = new(*sc)
		p := &scs[i].Passt
		p.Release = name
		if v, ok := strings.CutPrefix(name, "kubevirt:"); ok {
			p.Release, p.KubeVirt = "", v
		}
	}
	return scs, nil
}

// Check is a scenarios.Check. It finds releases that are unknown, settings with which
// passt does not start, and what guest.client cannot play.
func Check(sc *scenarios.Scenario) []scenarios.Fault {
	if faults := ownPorts(sc); len(faults) > 0 {
		return faults
	}
	if !sc.BehindPasst() {
		return checkClient(sc, nil)
	}
	if _, err := Release(sc); err != nil {
		key := "passt.release"
		if sc.Passt.KubeVirt != "" {
			key = "passt.kubevirt"
		}
		problem, known, _ := strings.Cut(err.Error(), "; known are ")
		return []scenarios.Fault{{Key: key, Problem: problem, Expected: "one of " + known,
			Next: "correct it; passtlab releases shows all"}}
	}
	cfg, err := passtConfig(sc, listed(sc, false))
	var engine *passt.Engine
	if err == nil {
		engine, err = passt.New(cfg)
	}
	if err != nil {
		return []scenarios.Fault{{Key: "passt", Problem: err.Error(), Expected: "settings with which passt starts", Next: "correct passt or pod"}}
	}
	return checkClient(sc, engine)
}

// ownPorts finds ports of listen at which the lab has servers of its own.
func ownPorts(sc *scenarios.Scenario) (faults []scenarios.Fault) {
	taken := append(probe.Ports(), probe.PortPod, probe.PortGuest)
	for _, r := range scenarios.Roles() {
		for i, p := range sc.Listener(r).Ports {
			if slices.Contains(taken, p.Number()) {
				faults = append(faults, scenarios.Fault{Key: fmt.Sprintf("listen.%s.ports[%d]", r, i), Problem: fmt.Sprintf("port %d is the lab's own", p.Number()),
					Expected: "a port at which the lab has no server", Next: "take another one"})
			}
		}
	}
	return faults
}

// vhostUser reports whether the scenario's KubeVirt release attaches QEMU by vhost-user.
func vhostUser(sc *scenarios.Scenario) bool {
	ships, _ := passt.Ships(sc.Passt.KubeVirt)
	return ships.Attach == passt.VhostUser
}

// passtConfig returns the configuration of the scenario's passt. has are the addresses of
// its uplink in the kernel's order.
func passtConfig(sc *scenarios.Scenario, has []netip.Prefix) (passt.Config, error) {
	release, err := Release(sc)
	if err != nil {
		return passt.Config{}, err
	}
	p := sc.Passt
	u, _ := sc.Template()
	cfg := passt.Config{
		Release:       release,
		PodMAC:        u.MAC.HardwareAddr(),
		Address:       release.Leases(has),
		Gateway:       cmp.Or(p.Gateway, u.Gateway),
		Nameservers:   sc.Pod.DNS.Nameservers,
		Searches:      sc.Pod.DNS.Searches,
		FQDN:          p.FQDN,
		AddressGiven:  p.Address.IsValid(),
		NoRA:          p.NoRA,
		NoNDP:         p.NoNDP,
		NoDHCPv6:      p.NoDHCPv6,
		NoMapGW:       p.NoMapGW,
		NoICMP:        p.NoICMP,
		NotAutonomous: p.Autonomous != nil && !*p.Autonomous,
		Started:       time.Now(),
	}
	if p.Address.IsValid() {
		cfg.Address = netip.PrefixFrom(p.Address, 64)
	}
	if !p.MAC.IsZero() {
		cfg.MAC = p.MAC.HardwareAddr()
	}
	if p.MTU != nil {
		cfg.MTU = cmp.Or(*p.MTU, passt.NoMTU)
	}
	if len(p.DNS.Nameservers) > 0 {
		cfg.Nameservers = p.DNS.Nameservers
	}
	if len(p.DNS.Searches) > 0 {
		cfg.Searches = p.DNS.Searches
	}
	return cfg, nil
}

// planeConfig returns the configuration of the plane of a passt that has just started.
func (l *Lab) planeConfig(cfg passt.Config, e *passt.Engine) plane.Config {
	sc := l.scenario
	c := plane.Config{
		Uplink: uplink, Tap: tap, Release: cfg.Release,
		Address:  sc.Pod.Address.Addr(), // Others: see podAddresses
		Lease:    cfg.Address.Addr(),
		PodLL:    podLinkLocal(sc),
		PasstLL:  e.LinkLocal(),
		Gateway:  cfg.Gateway,
		GuestMAC: sc.Guest.MAC.HardwareAddr(),
		NoEcho:   cfg.NoICMP,
		TCP:      forwarded(sc.Passt.TCP, cfg.Release),
		UDP:      forwarded(sc.Passt.UDP, cfg.Release),
	}
	for _, u := range sc.Pod.Further() {
		c.Further = append(c.Further, plane.Further{Name: u.Name, Address: u.Address.Addr()})
	}
	if cfg.NoMapGW {
		c.Gateway = netip.Addr{}
	}
	return c
}

// forwarded returns the ports that a release forwards. In a scenario a list has the ports
// of a user's servers. The lab measures at ports of its own, so it adds them to any list.
func forwarded(p scenarios.Ports, release passt.Release) []passt.PortRange {
	if named(p) {
		for _, port := range probe.Ports() {
			p += scenarios.Ports(fmt.Sprintf(",%d", port))
		}
	}
	return cmp.Or(p, scenarios.AllPorts).Ranges(release.AllPorts)
}

// named reports whether ports are named one by one or as ranges.
func named(p scenarios.Ports) bool {
	return slices.ContainsFunc(strings.Split(string(p), ","), func(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' })
}

// neighbours reports whether passt answers neighbour solicitations. If it does not, the
// guest reaches nobody.
func neighbours(sc *scenarios.Scenario) bool {
	return sc.Pod.Address.IsValid() && !sc.Passt.NoNDP && !sc.Passt.NoICMP
}
