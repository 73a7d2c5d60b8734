package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// bindingMAC is the MAC of the pod's interface towards the guest where KubeVirt's binding is
// masquerade.
var bindingMAC = scenarios.MAC{0x02, 0, 0, 0, 0x05, 0x01}

// masquerade lets the guest talk through the pod's address, as KubeVirt's binding masquerade
// does: what the guest sends leaves from it, and what arrives for it goes to the guest.
func (t *Topology) masquerade() error {
	pod, guest := t.scenario.Masquerading()
	if err := errors.Join(
		t.pod.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}),
		t.pod.AddAddress(tap, pod),
	); err != nil {
		return err
	}
	var c *nftables.Conn
	if err := t.pod.NS.Do(func() (err error) { c, err = nftables.New(nftables.AsLasting()); return err }); err != nil {
		return fmt.Errorf("open nftables in %s: %w", t.pod.NS.Name(), err)
	}
	translate(c, t.scenario.Pod.Address.Addr(), guest.Addr())
	err := errors.Join(c.Flush(), c.CloseLasting())
	if err != nil {
		err = fmt.Errorf("install nftables rules in %s: %w", t.pod.NS.Name(), err)
	}
	return err
}

// translate queues the rules.
func translate(c *nftables.Conn, pod, guest netip.Addr) {
	table := c.AddTable(&nftables.Table{Name: "masquerade", Family: nftables.TableFamilyIPv6})
	in := c.AddChain(&nftables.Chain{Table: table, Name: "in", Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityNATDest})
	out := c.AddChain(&nftables.Chain{Table: table, Name: "out", Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource})
	const source, destination = 8, 24 // in the IPv6 header (RFC 8200 3)
	has := func(offset uint32, a netip.Addr) []expr.Any {
		return []expr.Any{
			&expr.Payload{DestRegister: unix.NFT_REG_1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 16},
			&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: a.AsSlice()},
		}
	}
	c.AddRule(&nftables.Rule{Table: table, Chain: in, Exprs: append(has(destination, pod),
		&expr.Immediate{Register: unix.NFT_REG_1, Data: guest.AsSlice()},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV6, RegAddrMin: unix.NFT_REG_1})})
	c.AddRule(&nftables.Rule{Table: table, Chain: out, Exprs: append(has(source, guest), &expr.Masq{})})
}

// restoreBinding gives the pod its address towards the guest again, which the kernel has
// removed with the carrier.
func (t *Topology) restoreBinding() error {
	pod, _ := t.scenario.Masquerading()
	return t.pod.AddAddress(tap, pod)
}
