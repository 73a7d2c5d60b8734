package pick

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector/observe"
)

// object is what the Node object says about the node, beside the picks.
type object struct {
	Name     string         `json:"name"`
	Says     []objectSays   `json:"says"`
	PodCIDRs []netip.Prefix `json:"podCIDRs,omitempty"`
}

type objectSays struct {
	Resource string     `json:"resource"` // the type of the address, or an annotation
	Address  netip.Addr `json:"address"`
	Absent   bool       `json:"absent,omitempty"` // whether the node does not have it
	PickedBy []string   `json:"pickedBy"`         // the selectors that pick it, in some order of the addresses
}

// compareObject says which selectors pick what the Node object has.
func compareObject(s observe.Saved, picks []picked) *object {
	if s.Object == nil {
		return nil
	}
	o := object{Name: s.Object.Name, PodCIDRs: s.Object.PodCIDRs, Says: []objectSays{}}
	for _, x := range s.Object.Says {
		for _, a := range x.Addresses {
			says := objectSays{Resource: x.Resource, Address: a, PickedBy: []string{}}
			says.Absent = len(absent([]netip.Addr{a}, s.Observation.Addresses)) > 0
			for _, p := range picks {
				if slices.ContainsFunc(p.Answers, func(x answer) bool { return slices.Contains(x.Addresses, a) }) {
					says.PickedBy = append(says.PickedBy, p.Selector)
				}
			}
			o.Says = append(o.Says, says)
		}
	}
	return &o
}

// object says how the Node object compares with the picks.
func (r Report) object(w io.Writer) {
	if r.Object == nil {
		return
	}
	fmt.Fprintf(w, "%s\tADDRESS\tPICKED BY\n", strings.Join(strings.Fields("NODE OBJECT "+r.Object.Name+" SAYS"), " "))
	for _, s := range r.Object.Says {
		by := strings.Join(s.PickedBy, ", ")
		switch {
		case s.Absent:
			by = "the node does not have it"
		case by == "":
			by = "no selector that was asked"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Resource, s.Address, by)
	}
	fmt.Fprintln(w)
}
