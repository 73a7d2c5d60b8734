package guest

import (
	"cmp"
	"fmt"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
)

// known has the clients. They get as few settings as possible: the interface, the interface
// identifiers of the scenario, from the MAC (RFC 4291 appendix A) unless it says otherwise,
// and to stay in the foreground. A read-only /sys tells them that there is no udev.
var known = []Client{
	{
		Name: scenarios.ClientDHClient, Package: "isc-dhcp-client", Stale: true, programs: []string{"dhclient", "/sbin/dhclient"},
		// The paths are those that Ubuntu's AppArmor profile lets it open.
		configure: func(s settings) child.Spec {
			return child.Spec{
				Args: []string{"dhclient", "-6", "-d", "-v", "-cf", "/etc/dhcp/dhclient.conf",
					"-lf", "/var/lib/dhcp/dhclient6.leases", "-pf", "/run/dhclient6.pid", s.link},
				Own: state(map[string]string{"dhcp/dhclient.conf": ""}, map[string]string{"dhcp/dhclient6.leases": ""}),
			}
		},
	},
	{
		Name: scenarios.ClientNetworkd, Package: "systemd", RA: true,
		programs: []string{"/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd"},
		configure: func(s settings) child.Spec {
			conf := fmt.Sprintf("[Match]\nName=%s\n[Network]\nIPv6AcceptRA=%t\n", s.link, s.ra)
			if s.gen.Mode == scenarios.AddrGenStable {
				conf += "IPv6LinkLocalAddressGenerationMode=stable-privacy\n"
			}
			if !s.ra {
				conf += "DHCP=ipv6\n[DHCPv6]\nWithoutRA=solicit\n"
			}
			conf += "[IPv6AcceptRA]\n"
			switch {
			case s.gen.Token.IsValid():
				conf += "Token=static:" + s.gen.Token.String() + "\n"
			case s.gen.Mode == scenarios.AddrGenStable:
				conf += "Token=prefixstable\n"
			}
			if s.ra && !s.dhcpv6 {
				conf += "DHCPv6Client=no\n"
			}
			return child.Spec{
				Args: []string{"systemd-networkd"},
				Own:  state(map[string]string{"systemd/network/guest.network": conf}, nil),
				Hide: []string{"/sys"},
			}
		},
	},
	{
		Name: scenarios.ClientDHCPCD, Package: "dhcpcd-base", RA: true, Addressed: true, programs: []string{"dhcpcd", "/sbin/dhcpcd"},
		configure: func(s settings) child.Spec {
			slaac := "hwaddr"
			if s.gen.Mode == scenarios.AddrGenStable {
				slaac = "private"
			}
			conf := fmt.Sprintf("ipv6only\nslaac %s\nscript /bin/true\nallowinterfaces %s\n", slaac, s.link)
			if !s.ra {
				conf += "noipv6rs\n"
			}
			if s.dhcpv6 {
				conf += "ia_na\n"
			} else {
				conf += "nodhcp6\n"
			}
			return child.Spec{
				Args: []string{"dhcpcd", "-B", "-f", "/etc/dhcpcd.conf", s.link},
				Own:  state(map[string]string{"dhcpcd.conf": conf}, nil),
				Hide: []string{"/sys"},
			}
		},
	},
	{
		Name: scenarios.ClientNetworkManager, Package: "network-manager", RA: true, Quits: true, Greedy: true,
		programs: []string{"NetworkManager", "/usr/sbin/NetworkManager"},
		configure: func(s settings) child.Spec {
			gen := cmp.Or(s.gen.Mode, scenarios.AddrGenEUI64)
			token := ""
			if s.gen.Token.IsValid() {
				token = "token=" + s.gen.Token.String() + "\n"
			}
			method := "auto"
			if !s.ra {
				method = "dhcp"
			}
			return child.Spec{
				Args: []string{"NetworkManager", "--configure-and-quit=initrd", "--debug"},
				Own: state(map[string]string{
					"NetworkManager/NetworkManager.conf": "[main]\nplugins=keyfile\ndhcp=internal\nno-auto-default=*\nhostname-mode=none\n" +
						"[keyfile]\nunmanaged-devices=*,except:interface-name:" + s.link + "\n",
					"NetworkManager/system-connections/guest.nmconnection": fmt.Sprintf("[connection]\nid=guest\n"+
						"uuid=6f1c2e1e-7d3b-4f6a-9b5e-2f0f3c5d8a11\ntype=ethernet\ninterface-name=%s\n"+
						"[ipv4]\nmethod=disabled\n[ipv6]\nmethod=%s\naddr-gen-mode=%s\n%s", s.link, method, gen, token),
				}, nil),
				Hide: []string{"/sys"},
			}
		},
	},
}

// state returns the client's own folders, with the files that every system has.
func state(etc, lib map[string]string) map[string]map[string]string {
	etc["machine-id"] = "5054001fc7bd4d1e8a7b6c5d4e3f2a10\n"
	etc["passwd"] = "root:x:0:0::/:/bin/sh\nsystemd-network:x:0:0::/:/bin/sh\n" // not every sandbox has a second user
	etc["group"] = "root:x:0:\nsystemd-network:x:0:\n"
	return map[string]map[string]string{"/etc": etc, "/run": nil, "/var/lib": lib}
}
