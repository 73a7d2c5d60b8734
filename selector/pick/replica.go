package pick

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// Replicate sets up a replica of a node. The caller closes it.
type Replicate func(context.Context, selector.Observation) (*Replica, error)

// Replica is a namespace that has what an observation says.
type Replica struct {
	Guest selector.Namespace
	// Assumed says what was chosen since the observation does not say it, and Differs what
	// is otherwise than it says, in sentences.
	Assumed, Differs []string
	Original         func(netip.Addr) netip.Addr // the observation's address for one of the guest's
	Close            func() error
}

// replicas says about the replicas what each of them does.
type replicas struct {
	Assumed []string `json:"assumed,omitempty"` // what the file does not say
	Differs []string `json:"differs,omitempty"` // what could not be set up, with its effect
}

func (rs *replicas) add(r *Replica) {
	for _, s := range r.Assumed {
		if !slices.Contains(rs.Assumed, s) {
			rs.Assumed = append(rs.Assumed, s)
		}
	}
	for _, s := range r.Differs {
		if !slices.Contains(rs.Differs, s) {
			rs.Differs = append(rs.Differs, s)
		}
	}
}

// replica says who was asked in a replica, and in what it differs from the node.
func (r Report) replica(w io.Writer) {
	var asked []string
	for _, p := range r.Picks {
		if p.Replica {
			asked = append(asked, p.Selector)
		}
	}
	if len(asked) == 0 {
		return
	}
	fmt.Fprintf(w, "Asked in a replica of the node, a network namespace with its links and addresses, without passt, in which nobody answers: %s.\n", strings.Join(asked, ", "))
	for _, s := range r.Replica.Assumed {
		fmt.Fprintf(w, "  Assumed there: %s\n", s)
	}
	for _, s := range r.Replica.Differs {
		fmt.Fprintf(w, "  Otherwise there: %s\n", s)
	}
}
