package inbound

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// However fast two senders of the guest take turns, the last source counts
// when they have done.
func TestFlood(t *testing.T) {
	need.Namespaces(t)
	for _, release := range []string{"2023_12_30", "2025_05_03"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			b := newBench(t.Context(), t, column{release: release})
			if err := all(exchange, lease(false))(b); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for _, src := range []netip.Addr{addrS, addrD} {
				wg.Go(func() {
					if err := b.flood(src); err != nil {
						t.Errorf("flood from %s: %v", src, err)
					}
				})
			}
			wg.Wait()
			for _, last := range []string{"S", "D", "S"} {
				for _, transport := range []string{"tcp", "udp"} {
					got, err := b.cell(state{again: from(last)}, "::", transport)
					if want := "works " + last; got != want || err != nil {
						t.Errorf("%s: got %q, %v, want %q", transport, got, err, want)
					}
				}
			}
		})
	}
}

// flood sends 5,000 datagrams from an address to a host that has no server.
func (b *bench) flood(src netip.Addr) error {
	var c *net.UDPConn
	if err := b.lab.Guest.Do(func() (err error) {
		c, err = net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.AddrPortFrom(src, 0)))
		return err
	}); err != nil {
		return err
	}
	defer c.Close()
	to := netip.AddrPortFrom(b.lab.PeerAddress(), 9)
	for range 5000 {
		if _, err := c.WriteToUDPAddrPort([]byte("x"), to); err != nil {
			return err
		}
	}
	return nil
}
