package link

import (
	"errors"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Duplicates calls f and returns the addresses that the kernel removes during the call
// because another host has them (RFC 4862 5.4.5).
func (n *Net) Duplicates(f func() error) (as []netip.Addr, err error) {
	var s *nl.NetlinkSocket
	if err := n.NS.Do(func() (err error) {
		s, err = nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_IPV6_IFADDR)
		return err
	}); err != nil {
		return nil, n.failed("subscribe to addresses", err)
	}
	defer s.Close()
	if err := f(); err != nil {
		return nil, err
	}
	for b := make([]byte, nl.RECEIVE_BUFFER_SIZE); ; {
		size, _, err := unix.Recvfrom(s.GetFd(), b, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			return as, nil
		}
		var messages []syscall.NetlinkMessage
		if err == nil {
			messages, err = syscall.ParseNetlinkMessage(b[:size])
		}
		if err != nil {
			return nil, n.failed("read changes of addresses", err)
		}
		for _, m := range messages {
			if a, ok := duplicate(m); ok {
				as = append(as, a)
			}
		}
	}
}

func duplicate(m syscall.NetlinkMessage) (a netip.Addr, ok bool) {
	if m.Header.Type != unix.RTM_DELADDR || len(m.Data) < unix.SizeofIfAddrmsg {
		return a, false
	}
	if nl.DeserializeIfAddrmsg(m.Data).Flags&unix.IFA_F_DADFAILED == 0 {
		return a, false
	}
	attrs, err := nl.ParseRouteAttrAsMap(m.Data[unix.SizeofIfAddrmsg:])
	if err != nil {
		return a, false
	}
	return netip.AddrFromSlice(attrs[unix.IFA_ADDRESS].Value)
}
