package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/ipv6"

	"github.com/passtlab/passtlab/sim/netns"
)

// nonceLen is the length of the nonce that a client sends.
const nonceLen = 16

// server answers on TCP and UDP at one address and port. The answer is the nonce and the
// two addresses that the server saw, "NONCE REMOTE LOCAL".
type server struct {
	at   netip.AddrPort
	tcp  net.Listener
	udp  *net.UDPConn
	open *connections
	wg   sync.WaitGroup
}

// serve starts a server in ns, which counts its TCP connections in open. The
// zero address is the wildcard.
func serve(ns *netns.NS, addr netip.Addr, port uint16, open *connections) (*server, error) {
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	// SO_REUSEADDR stays off: nobody may share the port.
	s := &server{at: netip.AddrPortFrom(addr, port), open: open}
	var err error
	if s.tcp, err = listenTCP(ns, s.at); err != nil {
		return nil, fmt.Errorf("serve %s in %s: %w", s.at, ns.Name(), err)
	}
	if err := ns.Bind(func() error { s.udp, err = net.ListenUDP("udp6", net.UDPAddrFromAddrPort(s.at)); return err }); err != nil {
		return nil, errors.Join(fmt.Errorf("serve %s in %s: %w", s.at, ns.Name(), err), s.tcp.Close())
	}
	pc := ipv6.NewPacketConn(s.udp)
	if err := pc.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true); err != nil {
		return nil, errors.Join(fmt.Errorf("serve %s in %s: %w", s.at, ns.Name(), err), s.tcp.Close(), s.udp.Close())
	}
	s.wg.Go(s.acceptTCP)
	s.wg.Go(func() { s.answerUDP(pc) })
	return s, nil
}

func (s *server) Close() error {
	err := errors.Join(s.tcp.Close(), s.udp.Close())
	s.wg.Wait()
	return err
}

func (s *server) acceptTCP() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			return
		}
		s.open.add(1)
		s.wg.Go(func() {
			defer s.open.add(-1)
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(budget))
			nonce := make([]byte, nonceLen)
			if _, err := io.ReadFull(c, nonce); err != nil {
				return
			}
			remote := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
			local := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
			_, _ = c.Write(answer(nonce, remote, local))
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c) // until the client's reset is here
		})
	}
}

func (s *server) answerUDP(pc *ipv6.PacketConn) {
	b := make([]byte, 1500)
	for {
		n, cm, from, err := pc.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n != nonceLen || cm == nil {
			continue // an ICMPv6 error for an earlier answer, or a foreign datagram
		}
		to := from.(*net.UDPAddr)
		remote := to.AddrPort().Addr()
		// From a wildcard socket the kernel would choose another source.
		source := &ipv6.ControlMessage{Src: cm.Dst}
		if cm.Dst.IsLinkLocalUnicast() {
			source.IfIndex = cm.IfIndex
		}
		if to.IP.IsLinkLocalUnicast() {
			// Package net caches zone names for the whole process, and eth0 has
			// another index in each namespace.
			to.Zone = strconv.Itoa(cm.IfIndex)
		}
		local, _ := netip.AddrFromSlice(cm.Dst)
		_, _ = pc.WriteTo(answer(b[:n], remote, local), source, to)
	}
}

func answer(nonce []byte, remote, local netip.Addr) []byte {
	return fmt.Appendf(nil, "%s %s %s", nonce, remote.WithZone(""), local.WithZone(""))
}
