package advise

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/selector/talos"
)

// WriteText prints the advice for people. The patches are YAML.
func (a *Advice) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	a.addresses(w)
	fmt.Fprintln(w, "ALGORITHM\tROLE\tPICKS\t\tRULE")
	for _, p := range a.Predictions {
		right, rule := "wrong", p.Rule
		if p.Right {
			right = "right"
		}
		if p.SLAAC != "" {
			rule += "; the SLAAC address " + p.SLAAC
		}
		if p.First != "" {
			rule += "; " + string(p.First) + " first"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Selector, p.Role, p.picked(), right, rule)
	}
	fmt.Fprintln(w)
	for _, r := range a.remarks() {
		fmt.Fprintln(w, r)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, a.patchText())
	return err
}

func (a *Advice) addresses(w io.Writer) {
	by := "passt"
	if a.in.foreign() {
		by = "another router"
	}
	fmt.Fprintf(w, "Pod address\t%s\tleased by DHCPv6 as a /128; others reach the node by it\n", a.Pod)
	if a.AddrGen == EUI64 {
		fmt.Fprintf(w, "SLAAC address\t%s\tfrom MAC %s in %s of %s; nobody reaches it\n", a.SLAAC, a.MAC, a.Prefix, by)
	} else {
		fmt.Fprintf(w, "SLAAC address\tunknown\tfrom a secret of the guest in %s of %s; nobody reaches it\n", a.Prefix, by)
	}
	of := func(key string) string {
		if slices.Contains(a.Defaults, key) {
			return "Talos' default"
		}
		return "as given"
	}
	fmt.Fprintf(w, "Service subnets\t%s\t%s\n", words(a.Config.ServiceSubnets), of("serviceSubnets"))
	fmt.Fprintf(w, "Pod subnets\t%s\t%s\n\n", words(a.Config.PodSubnets), of("podSubnets"))
}

func words[T fmt.Stringer](vs []T) string {
	var ss []string
	for _, v := range vs {
		ss = append(ss, v.String())
	}
	return strings.Join(ss, " ")
}

func (a *Advice) remarks() (lines []string) {
	add := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	add(true, "talos-v1 is the default of Talos, talos-v2 is there since v1.9; talos-v3 is a proposal.")
	add(a.right(talos.V1) && len(a.Config.ValidSubnets) == 0, "talos-v1 happens to be right here, by luck: another MAC or another lease may turn it.")
	add(!slices.ContainsFunc(a.Predictions, func(p Prediction) bool { return p.First != "" }),
		"Which of the two addresses arrives first makes no difference.")
	add(slices.Contains(a.Defaults, "serviceSubnets"),
		"Talos' default service subnets are IPv4 only, so kubelet takes no IPv6 address. If the cluster\nhas others, name them: --service-subnet and --pod-subnet, or --talos-config FILE.")
	add(a.AddrGen == EUI64,
		"The SLAAC address holds while the kernel makes it of the MAC (EUI-64), its and Talos' default.\nFor a guest that makes it of a secret, see --addr-gen %s.", StablePrivacy)
	add(len(a.in.DHCPv6) == 0, "Talos leaves DHCPv6 off, and then there is no lease at all. The patches turn it on.")
	add(len(a.in.DHCPv6) > 0, "The configuration has DHCPv6 on for %s, so the patches leave that out. Without it there\nis no lease at all: see that it is the interface behind passt.", strings.Join(a.in.DHCPv6, ", "))
	add(a.Talos > Newest, "Talos %s is newer than what is known here; the patches are those of %s.", a.Talos, Newest)
	_, algorithm := a.Given(ByAlgorithm)
	_, filters := a.Given(ByFilters)
	add(!algorithm && !filters, "No patch that is known here helps; change what the rules name.")
	add(a.in.Algorithm != "", "The configuration sets sort algorithm %s: the rows of talos-%[1]s are this node's.", a.in.Algorithm)
	add(algorithm && filters && a.in.Algorithm != talos.V2, "Either patch will do. Make filters anew when the MAC or the prefix changes.")
	return append(lines, a.checked())
}

// checked says what has confirmed the patches.
func (a *Advice) checked() string {
	if a.Lab == nil {
		return "Not checked in a lab (--no-lab)."
	}
	by := fmt.Sprintf("by passtlab's models of Talos (Talos %s itself is not built)", a.Talos)
	if len(a.Lab.Talos) > 0 {
		by = "by Talos itself: " + strings.Join(a.Lab.Talos, ", ")
	}
	return fmt.Sprintf("Checked in %d labs %s.\nThe labs: kubelet and etcd, either address first, passt %s (simulated), Linux %s.", a.Lab.Labs, by, a.Lab.Passt, a.Lab.Kernel)
}

// patchText prints files that are alike once.
func (a *Advice) patchText() string {
	var b strings.Builder
	for _, p := range a.Patches {
		if len(p.Files) == 0 {
			fmt.Fprintf(&b, "\nNo patch %q: %s.\n", p.Name, cmp.Or(p.Failure, p.Refused))
			continue
		}
		for i := 0; i < len(p.Files); i++ {
			names := []string{p.Files[i].Name}
			for i+1 < len(p.Files) && p.Files[i+1].YAML == p.Files[i].YAML {
				i++
				names = append(names, p.Files[i].Name)
			}
			fmt.Fprintf(&b, "\n# Patch %q for Talos %s: %s\n%s", p.Name, a.Talos, strings.Join(names, " and "), p.Files[i].YAML)
		}
	}
	if _, ok := a.Given(""); ok {
		fmt.Fprintf(&b, "\n%s", a.KubeVirt)
	}
	return b.String()
}
