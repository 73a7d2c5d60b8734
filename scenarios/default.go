package scenarios

import "cmp"

// DefaultRelease is the passt release of a scenario that names none.
const DefaultRelease = "2025_05_03"

var (
	// DefaultPodMAC is the address of the pod's eth0.
	DefaultPodMAC = MAC{0x02, 0, 0, 0, 0, 0x0a}
	// DefaultSecondMAC is the address of the second guest's eth0.
	DefaultSecondMAC = MAC{0x02, 0, 0, 0, 0x03, 0x01}
	// PasstMAC is passt's own link-layer address on the guest's link, since 2024_08_21.
	// Nobody else can have it.
	PasstMAC = MAC{0x9a, 0x55, 0x9a, 0x55, 0x9a, 0x55}
)

func (s *Scenario) setDefaults() {
	s.Network = cmp.Or(s.Network, NetworkPasst)
	s.Pod.setDefaults()
	s.Pod.IPv6 = cmp.Or(s.Pod.IPv6, new(true))
	s.Pod.DefaultRoute = cmp.Or(s.Pod.DefaultRoute, new(true))
	if s.Passt.Release == "" && s.Passt.KubeVirt == "" {
		s.Passt.Release = DefaultRelease
	}
	if p := &s.Passt; p.TCP == "" && p.UDP == "" {
		p.TCP, p.UDP = AllPorts, AllPorts
	} else {
		p.TCP, p.UDP = cmp.Or(p.TCP, NoPorts), cmp.Or(p.UDP, NoPorts)
	}
	s.Passt.Autonomous = cmp.Or(s.Passt.Autonomous, new(true))
	s.Guest.Client = cmp.Or(s.Guest.Client, ClientKernel)
	s.Guest.SetDefaults()
	if s.Second != nil {
		s.Second.MAC = cmp.Or(s.Second.MAC, DefaultSecondMAC)
	}
	s.Peer.Via = cmp.Or(s.Peer.Via, s.via())
	for i := range s.Routers {
		s.Routers[i].setDefaults(s.Network, i)
	}
}
