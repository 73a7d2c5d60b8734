package sim

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// SetForwarding leaves it to the kernel which routes go.
func (l stage) SetForwarding(on bool, name string) error {
	if name == "" {
		name = "all"
	}
	return l.guest.Net.Set(link.Sysctl{Key: "ipv6/conf/" + name + "/forwarding", Value: map[bool]string{true: "1", false: "0"}[on]})
}

func (l stage) Routes() (rs []scenarios.GuestRoute, err error) {
	all, err := l.guest.Net.Routes()
	if err != nil {
		return nil, err
	}
	names, err := l.names()
	for _, r := range all {
		rs = append(rs, scenarios.GuestRoute{Prefix: r.Prefix, Via: r.Gateway, Source: r.Source, Metric: r.Metric, Interface: names[r.Link]})
	}
	return rs, err
}

func (l stage) AddRoute(r scenarios.GuestRoute) error {
	is, err := l.route(r)
	if err == nil {
		err = l.guest.Net.SetRoute(is)
	}
	if refused := []error{unix.EHOSTUNREACH, unix.EINVAL, unix.ENETUNREACH, unix.ENETDOWN}; slices.ContainsFunc(refused, func(no error) bool { return errors.Is(err, no) }) {
		return scenarios.Fault{Key: "via", Problem: fmt.Sprintf("route cannot happen: the kernel refuses it: %v", err),
			Expected: "a next hop on a link of the guest that is up, and a source that can be used", Next: "correct them, or add what brings them before"}
	}
	return err
}

func (l stage) RemoveRoute(r scenarios.GuestRoute) error {
	is, err := l.route(r)
	if err != nil {
		return err
	}
	return l.guest.Net.RemoveRoute(is)
}

func (l stage) route(r scenarios.GuestRoute) (link.Route, error) {
	index, err := l.guest.Net.Index(r.Interface)
	return link.Route{Prefix: r.Prefix, Gateway: r.Via, Link: index, Source: r.Source, Metric: r.Metric}, err
}
