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
	flag(cfg.Address.IsValid(), "-6") // alone
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

// ports returns the option's value: the ports that a scenario lists, those of the probes
// and of listen that are forwarded, and that of the control. The word all opens only these: pasta
// knows it since 2026_05_07, and needs a descriptor for each port. Without the address some
// releases open the ports for IPv4 too, and refuse that together with -6.
func ports(p scenarios.Ports, release passt.Release, listen ...uint16) string {
	open := []string{fmt.Sprint(probe.PortGuest)}
	ranges := forwarded(p, release)
	for _, r := range ranges {
		if named(p) {
			open = append(open, words(r))
		}
	}
	for _, port := range append(probe.Ports(), listen...) {
		if slices.ContainsFunc(ranges, func(r passt.PortRange) bool { return r.First <= port && port <= r.Last }) {
			open = append(open, fmt.Sprint(port))
		}
	}
	var merged []string // pasta refuses a port that is named twice
	for _, r := range scenarios.Ports(strings.Join(open, ",")).Ranges(nil) {
		merged = append(merged, words(r))
	}
	return "::/" + strings.Join(merged, ",")
}

func words(r passt.PortRange) string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
