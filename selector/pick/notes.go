package pick

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector/talos"
)

// notes says what to know about the picks.
func (r Report) notes() []string {
	var ns []string
	add := func(format string, a ...any) { ns = append(ns, fmt.Sprintf(format, a...)) }
	if slices.ContainsFunc(r.Picks, func(p picked) bool { return isTalos(p.Selector) }) || len(r.Said) > 0 {
		ns = r.talosNotes()
	}
	if r.guess {
		add("Programs were asked with zero for what is unknown; their input names it, under \"unknown\".")
	}
	if r.linkOf {
		add("The lines do not have the links: addresses are taken as of one link until the label of an IPv4 address, or a global address behind a link-local one, contradicts. Links without a name are called unnamed. The output of ip -o address has them.")
	}
	if c := r.Config; len(c.ValidSubnets)+len(c.AdvertisedSubnets)+len(c.VIPs) == 0 {
		add("Asked without subnet filters and VIPs.")
	}
	add("Not known from here: how an address came about, and which of them others can reach.")
	return ns
}

// talosNotes are about Talos and the models of it.
func (r Report) talosNotes() []string {
	var ns []string
	add := func(format string, a ...any) { ns = append(ns, fmt.Sprintf(format, a...)) }
	switch {
	case len(r.Config.ServiceSubnets) > 0:
	case r.noIPv4:
		add("IPv4 addresses are not in the file: talos-* were asked as if the node had none, in a cluster whose service subnets have IPv6. With Talos' default, %s, kubelet takes an IPv4 address only. --service-subnet or --talos-config gives the cluster's own.", talos.DefaultServiceSubnet)
	case r.six:
		add("There is no IPv4 address: talos-* were asked as in a cluster whose service subnets are IPv6 only, with %s. With Talos' default, %s, kubelet takes IPv4 addresses only, and would not start here. --service-subnet or --talos-config gives the cluster's own.", serviceSubnet6, talos.DefaultServiceSubnet)
	default:
		add("talos-* were asked with Talos' default service subnet %s, with which kubelet takes IPv4 addresses only. --service-subnet or --talos-config replaces it.", talos.DefaultServiceSubnet)
	}
	if len(r.Config.PodSubnets) == 0 {
		add("talos-* were asked with Talos' default pod subnet %s. --pod-subnet or --talos-config replaces it.", talos.DefaultPodSubnet)
	}
	switch {
	case slices.Contains(released, talos.Algorithm(r.Algorithm)):
		add("The node sorts by %s, as talos-%[1]s does.", r.Algorithm)
	case r.Algorithm != "":
		add("The node sorts by %s, of which there is no model here.", r.Algorithm)
	}
	if r.Role == "node" || slices.ContainsFunc(r.Said, said.otherDefault) {
		add("Talos chooses the default address when the first address comes, and keeps it while it is there. A node that runs may have another one than predicted; talosctl get nodeaddress default shows it.")
	}
	if r.noIPv4 && len(r.Config.ServiceSubnets) > 0 {
		add("IPv4 addresses are not in the file: talos-* were asked as if the node had none.")
	}
	if r.Role == "kubelet" && slices.ContainsFunc(r.Picks, picked.noneByTalos) {
		add("Without an address Talos does not start kubelet. A kubelet that runs keeps the address that it has.")
	}
	return ns
}

// noneByTalos reports whether Talos has no address in an answer.
func (p picked) noneByTalos() bool {
	return isTalos(p.Selector) && slices.ContainsFunc(p.Answers, func(a answer) bool { return len(a.Addresses) == 0 })
}

// otherDefault reports whether Talos has another default address than predicted.
func (s said) otherDefault() bool {
	return s.Role == "node" && slices.ContainsFunc(s.Predictions, func(p prediction) bool { return !p.AsSaid })
}
