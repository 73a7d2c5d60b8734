package scenarios

import (
	"context"
	"strings"
)

// Forwarding sets the guest's sysctl forwarding, as a pod network does when it starts. When
// it becomes on, the kernel removes the default routes that it has learned from router
// advertisements, and takes no more advertisements, unless accept_ra is always. Addresses
// stay, and so do on-link routes and those of route information options. When it becomes
// off, the next advertisement brings the default route back. After a reboot it is off.
type Forwarding struct {
	// Value is the new value.
	Value Switch `yaml:"value" required:"true" bare:"true"`
	// Interface is the only one that is set. Default: all. The default routes of all
	// interfaces go, also if one is named.
	Interface string `yaml:"interface,omitempty"`
}

func (e *Forwarding) check(c at) {
	if e.Interface != "" {
		c.hasInterface("interface", e.Interface)
	}
}

func (e *Forwarding) Play(_ context.Context, lab Lab) error {
	return lab.SetForwarding(e.Value == On, e.Interface)
}

// hasInterface refuses the name of an interface that the guest does not have.
func (a at) hasInterface(key, name string) {
	if !a.Sound("guest.interfaces") {
		return
	}
	all := a.Guest.interfaces()
	for _, n := range all {
		if n == name {
			return
		}
	}
	a.fault(key, "one of "+strings.Join(all, ", "), "correct it, or add the interface to guest.interfaces", "the guest has no interface %s", name)
}

// interfaces returns the names of the guest's interfaces.
func (g Guest) interfaces() []string {
	names := []string{"eth0", Loopback}
	for _, ifc := range g.Links() {
		names = append(names, ifc.Name)
	}
	return names
}
