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

// WriteText prints the advice for people. The patches are YAML documents.
func (a *Advice) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	by := "passt"
	if a.in.foreign() {
		by = "another router"
	}
	fmt.Fprintf(w, "Pod address\t%s\tleased by DHCPv6 as a /128; others reach the node by it\n", a.Pod)
	fmt.Fprintf(w, "SLAAC address\t%s\tfrom MAC %s in %s of %s; nobody reaches it\n\n", a.SLAAC, a.MAC, a.Prefix, by)

	fmt.Fprintln(w, "ALGORITHM\tROLE\tPICKS\t\tRULE")
	for _, p := range a.Predictions {
		right, rule := "wrong", p.Rule
		if p.Right {
			right = "right"
		}
		if p.First != "" {
			rule += "; " + string(p.First) + " first"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Selector, p.Role, picked(p.Picks), right, rule)
	}
	fmt.Fprintln(w)
	a.remarks(w)
	if a.Lab == nil {
		fmt.Fprintln(w, "Not checked in a lab (--no-lab).")
	} else {
		fmt.Fprintf(w, "Checked in %d labs: kubelet and etcd, either address first, passt %s (simulated), Linux %s.\n", a.Lab.Labs, a.Lab.Passt, a.Lab.Kernel)
	}
	if err := w.Flush(); err != nil {
		return err
	}

	var b strings.Builder
	for _, p := range a.Patches {
		if p.YAML != "" {
			fmt.Fprintf(&b, "\n---\n# For %s.\n%s", p.For, p.YAML)
		} else {
			fmt.Fprintf(&b, "\nNo patch %q: %s.\n", p.Name, cmp.Or(p.Failure, p.Refused))
		}
	}
	if a.Given() {
		fmt.Fprintf(&b, "\n---\n%s", a.KubeVirt)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (a *Advice) remarks(w io.Writer) {
	fmt.Fprintln(w, "talos-v1 is the default of Talos, talos-v2 is there since v1.9; talos-v3 is a proposal.")
	if a.right(talos.V1) {
		fmt.Fprintln(w, "talos-v1 happens to be right here, by luck: another MAC or another lease may turn it.")
	}
	if !slices.ContainsFunc(a.Predictions, func(p Prediction) bool { return p.First != "" }) {
		fmt.Fprintln(w, "Which of the two addresses arrives first makes no difference.")
	}
	given := map[string]bool{}
	for _, p := range a.Patches {
		given[p.Name] = p.YAML != ""
	}
	switch {
	case !a.Given():
		fmt.Fprintln(w, "No patch that is known here helps; change what the rules name.")
	case given["algorithm"] && given["kubelet"] && given["etcd"]:
		fmt.Fprintln(w, "Either the algorithm or the filters for kubelet and etcd will do.")
	}
}
