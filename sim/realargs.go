package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/probe"
)

// arguments returns the options for the settings that the real passt does not find in the
// pod.
func arguments(sc *scenarios.Scenario, cfg passt.Config, release string) (args []string) {
	flag := func(set bool, words ...string) {
		if set {
			args = append(args, words...)
		}
	}
	flag(sc.Passt.Address.IsValid(), "-a", sc.Passt.Address.String())
	flag(sc.Passt.Gateway.IsValid(), "-g", sc.Passt.Gateway.String())
	flag(cfg.MAC != nil, "-M", cfg.MAC.String())
	flag(cfg.MTU > 0, "-m", strconv.Itoa(cfg.MTU))
	flag(cfg.MTU == passt.NoMTU, "-m", "0")
	flag(cfg.FQDN != "" && release >= "2025_02_17", "--fqdn", cfg.FQDN)
	flag(cfg.NoRA, "--no-ra")
	flag(cfg.NoNDP, "--no-ndp")
	flag(cfg.NoDHCPv6, "--no-dhcpv6")
	flag(cfg.NoMapGW, "--no-map-gw")
	flag(cfg.NoICMP, "--no-icmp")
	return args
}

func resolvConf(cfg passt.Config) string {
	var b strings.Builder
	for _, a := range cfg.Nameservers {
		fmt.Fprintf(&b, "nameserver %s\n", a)
	}
	if len(cfg.Searches) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(cfg.Searches, " "))
	}
	return b.String()
}

// ports returns the option's value: the ports of the probes that are forwarded, and the
// port of the control.
func ports(p scenarios.Ports, release passt.Release) string {
	list := []passt.PortRange{{First: probe.PortGuest, Last: probe.PortGuest}}
	ranges := forwarded(p, release)
	for _, port := range probe.Ports() {
		last := &list[len(list)-1]
		switch {
		case !slices.ContainsFunc(ranges, func(r passt.PortRange) bool { return r.First <= port && port <= r.Last }):
		case port == last.Last+1:
			last.Last = port
		default:
			list = append(list, passt.PortRange{First: port, Last: port})
		}
	}
	var words []string
	for _, r := range list {
		word := strconv.Itoa(int(r.First))
		if r.Last > r.First {
			word += "-" + strconv.Itoa(int(r.Last))
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}
