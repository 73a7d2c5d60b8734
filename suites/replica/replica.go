package replica

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// MaxLinks is how many links an observation may have.
const MaxLinks = 1024

// Replica is a namespace that has what an observation says.
type Replica struct {
	NS *netns.NS
	// Assumed says what was chosen since the observation does not say it, and Differs what
	// the kernel did not set up, in sentences.
	Assumed, Differs []string

	want     *completion
	standIns map[netip.Addr]netip.Addr // by the observation's address
	net      *link.Net
	beside   *link.Net // of the namespace with the other ends
	tuns     map[string]*os.File
	oldest   bool // the kernel lists the oldest address first
	begun    time.Time
}

// New makes a replica of o. An error is a failure of the lab.
func New(ctx context.Context, o selector.Observation) (r *Replica, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("set up a replica of the node: %w", err)
		}
	}()
	if len(o.Links) > MaxLinks {
		return nil, fmt.Errorf("%d links are more than %d", len(o.Links), MaxLinks)
	}
	limit := 30*time.Second + time.Duration(len(o.Links)+len(o.Addresses))*50*time.Millisecond
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %v", limit))
	defer cancel()
	r = &Replica{standIns: map[netip.Addr]netip.Addr{}, tuns: map[string]*os.File{}, begun: time.Now()}
	r.want = complete(o)
	r.Assumed, r.Differs = r.want.assumed, r.want.left
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
			r = nil
		}
	}()
	if r.oldest, err = sim.OldestFirst(); err != nil {
		return r, err
	}
	if r.net, err = open("replica"); err != nil {
		return r, err
	}
	r.NS = r.net.NS
	if r.beside, err = open("beside"); err != nil {
		return r, err
	}
	// A route can prefer a source only when the address is no longer tentative.
	for _, step := range []func(context.Context) error{r.makeLinks, r.addAddresses, r.settle, r.addRoutes, r.finishLinks, r.preferTemporary, r.settle} {
		if err := step(ctx); err != nil {
			return r, err
		}
	}
	got, err := observe.Read(r.NS)
	if err != nil {
		return r, err
	}
	r.Differs = append(r.Differs, r.compare(got)...)
	return r, nil
}

func open(name string) (*link.Net, error) {
	ns, err := netns.New(name)
	if err != nil {
		return nil, err
	}
	n, err := link.Open(ns)
	if err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return n, nil
}

// Close removes the namespace.
func (r *Replica) Close() (err error) {
	for _, f := range r.tuns {
		err = errors.Join(err, f.Close())
	}
	for _, n := range []*link.Net{r.net, r.beside} {
		if n != nil {
			err = errors.Join(err, n.End())
			n.Close()
			err = errors.Join(err, n.NS.Close())
		}
	}
	return err
}

// Original returns the observation's address for which a stands in, or else a.
func (r *Replica) Original(a netip.Addr) netip.Addr {
	for original, in := range r.standIns {
		if in == a {
			return original
		}
	}
	return a
}

// standIn returns the address that stands in for a, or a.
func (r *Replica) standIn(a netip.Addr) netip.Addr {
	if in, ok := r.standIns[a]; ok {
		return in
	}
	return a
}

func (r *Replica) differs(format string, a ...any) {
	r.Differs = append(r.Differs, fmt.Sprintf(format, a...))
}
