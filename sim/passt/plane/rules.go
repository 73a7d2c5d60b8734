package plane

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func (p *Plane) rule(ch *nftables.Chain, parts ...exprs) {
	r := rule{table: ch.Table.Name, chain: ch.Name}
	for _, part := range parts {
		r.exprs = append(r.exprs, part...)
	}
	p.rules = append(p.rules, r)
}

type rule struct {
	table, chain string
	exprs        exprs
}

// send sends all rules in one transaction. google/nftables cannot do it: it leaves out
// the checksum flags of an expression that writes to a header without a checksum, such
// as IPv6's.
func (p *Plane) send() error {
	var conn *netlink.Conn
	if err := p.pod.NS.Do(func() (err error) { conn, err = netlink.Dial(unix.NETLINK_NETFILTER, nil); return err }); err != nil {
		return err
	}
	defer conn.Close()
	const family, subsys = unix.NFPROTO_IPV6, unix.NFNL_SUBSYS_NFTABLES
	batch := []netlink.Message{{
		Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_BEGIN, Flags: netlink.Request},
		Data:   []byte{0, 0, 0, subsys}, // struct nfgenmsg, linux/netfilter/nfnetlink.h
	}}
	for i, r := range p.rules {
		data, err := r.marshal()
		if err != nil {
			return fmt.Errorf("marshal rule %d, chain %s: %w", i, r.chain, err)
		}
		flags := netlink.Request | netlink.Create | netlink.Append
		if i == len(p.rules)-1 {
			flags |= netlink.Acknowledge
		}
		batch = append(batch, netlink.Message{
			Header: netlink.Header{Type: subsys<<8 | unix.NFT_MSG_NEWRULE, Flags: flags},
			Data:   append([]byte{family, 0, 0, 0}, data...),
		})
	}
	batch = append(batch, netlink.Message{
		Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_END, Flags: netlink.Request},
		Data:   []byte{0, 0, 0, subsys},
	})
	if _, err := conn.SendMessages(batch); err != nil {
		return err
	}
	p.rules = nil
	_, err := conn.Receive() // the acknowledgement of the last rule, or the first error
	return err
}

func (r rule) marshal() ([]byte, error) {
	ae := netlink.NewAttributeEncoder()
	ae.ByteOrder = binary.BigEndian
	ae.String(unix.NFTA_RULE_TABLE, r.table)
	ae.String(unix.NFTA_RULE_CHAIN, r.chain)
	ae.Nested(unix.NFTA_RULE_EXPRESSIONS, func(list *netlink.AttributeEncoder) error {
		for _, e := range r.exprs {
			list.Do(unix.NLA_F_NESTED|unix.NFTA_LIST_ELEM, func() ([]byte, error) { return marshal(e) })
		}
		return nil
	})
	return ae.Encode()
}

// marshal encodes an expression with all its attributes.
func marshal(e expr.Any) ([]byte, error) {
	w, ok := e.(*expr.Payload)
	if !ok || w.CsumFlags == 0 {
		return expr.Marshal(unix.NFPROTO_IPV6, e)
	}
	data, err := expr.MarshalExprData(unix.NFPROTO_IPV6, w)
	if err != nil {
		return nil, err
	}
	flags := netlink.NewAttributeEncoder()
	flags.ByteOrder = binary.BigEndian
	flags.Uint32(unix.NFTA_PAYLOAD_CSUM_FLAGS, w.CsumFlags)
	missing, err := flags.Encode()
	if err != nil {
		return nil, err
	}
	return netlink.MarshalAttributes([]netlink.Attribute{
		{Type: unix.NFTA_EXPR_NAME, Data: []byte("payload\x00")},
		{Type: unix.NLA_F_NESTED | unix.NFTA_EXPR_DATA, Data: append(data, missing...)},
	})
}
