package sim

import (
	"net/netip"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Passt is what stands between pod and guest.
type Passt interface {
	// Router is the source of its router advertisements.
	Router() netip.Addr
	// Inject puts a frame on the guest's link, as another host there would.
	Inject(frame []byte) error
	// Close ends it and returns what went wrong while it ran.
	Close() error
}

// passtConfig is what a simulated passt is told and finds in the pod.
func passtConfig(sc *scenarios.Scenario) (passt.Config, error) {
	release, err := passt.Lookup(sc.Passt.Release)
	if err != nil {
		return passt.Config{}, err
	}
	return passt.Config{
		Release:       release,
		PodMAC:        sc.Pod.MAC.HardwareAddr(),
		Address:       sc.Pod.Address,
		Gateway:       sc.Pod.Gateway,
		Nameservers:   sc.Pod.DNS.Nameservers,
		Searches:      sc.Pod.DNS.Searches,
		NotAutonomous: !autonomous(sc),
		Started:       time.Now(),
	}, nil
}

// autonomous reports whether passt's prefix has the A flag, as it has unless
// the scenario says otherwise.
func autonomous(sc *scenarios.Scenario) bool {
	return sc.Passt.Autonomous == nil || *sc.Passt.Autonomous
}
