package sim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

const (
	discard = 9                      // the port to which Send sends
	resend  = 100 * time.Millisecond // how long Send waits before it sends again
)

// Ports that Send sends from: ephemeral ones, below those of package probe. passt: sends from
// the guest's port by the socket that it made for the first datagram from there, so that
// after one from a link-local address the source stays link-local, 2023_03_09.
const sendPortFirst, sendPorts = 32768, probe.PortPod - 32768

var lastSend atomic.Uint32

// dialSend dials from the next port that is free.
func dialSend(from, to *net.UDPAddr) (c *net.UDPConn, err error) {
	for range sendPorts {
		from.Port = sendPortFirst + int(lastSend.Add(1)%sendPorts)
		if c, err = net.DialUDP("udp6", from, to); !errors.Is(err, unix.EADDRINUSE) {
			return c, err
		}
	}
	return nil, err
}

// Send makes the guest send a datagram to the peer from one of its addresses; from a
// link-local address to the peer's link-local address. It returns when the peer has it, so
// that passt has seen its source.
func (t *Topology) Send(ctx context.Context, from netip.Addr) (err error) {
	to, at := t.PeerAddress(), t.remote()
	src, dst := &net.UDPAddr{IP: from.AsSlice()}, &net.UDPAddr{Port: discard}
	bind := dst
	if from.IsLinkLocalUnicast() {
		// Zones are numbers: package net caches names for the whole process.
		to, at = linkLocal(edgeMAC), t.Edge
		out, oerr := t.guest.Net.Index(guestLink)
		in, ierr := t.edge.Index(t.edgeLink)
		if err := errors.Join(oerr, ierr); err != nil {
			return fmt.Errorf("send from %s: %w", from, err)
		}
		src.Zone, dst.Zone = fmt.Sprint(out), fmt.Sprint(out)
		bind = &net.UDPAddr{Port: discard, Zone: fmt.Sprint(in)}
	}
	dst.IP, bind.IP = to.AsSlice(), to.AsSlice()

	var server, client *net.UDPConn
	if err := at.Bind(func() (err error) { server, err = net.ListenUDP("udp6", bind); return err }); err != nil {
		return fmt.Errorf("send from %s: listen in %s: %w", from, at.Name(), err)
	}
	defer server.Close()
	if err := t.Guest.Do(func() (err error) { client, err = dialSend(src, dst); return err }); err != nil {
		return fmt.Errorf("send from %s: %w", from, err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("nothing arrived after %s", patience))
	defer cancel()
	defer context.AfterFunc(ctx, func() { server.Close() })()
	nonce := rand.Text()
	for b := make([]byte, 1500); ; {
		// It sends again because a full queue may have dropped the datagram.
		if err := link.Send(ctx, func() error { _, err := client.Write([]byte(nonce)); return err }); err != nil {
			return fmt.Errorf("send from %s: %w", from, err)
		}
		if err := server.SetReadDeadline(time.Now().Add(resend)); err != nil && ctx.Err() == nil {
			return fmt.Errorf("send from %s: %w", from, err)
		}
		n, err := server.Read(b)
		for err == nil && string(b[:n]) != nonce {
			n, err = server.Read(b)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("send from %s: %w", from, context.Cause(ctx))
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("send from %s: receive in %s: %w", from, at.Name(), err)
		}
	}
}
