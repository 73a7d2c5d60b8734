package link

import (
	"fmt"
	"net"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
)

// ListenPacket opens a packet socket (packet(7)) on an interface. It receives the frames
// of the protocol (ETH_P_) that the filter accepts; without a filter all of them. With
// protocol 0 it only sends.
func (n *Net) ListenPacket(name string, protocol int, filter ...bpf.RawInstruction) (conn *packet.Conn, err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	err = n.NS.Do(func() error {
		conn, err = packet.Listen(&net.Interface{Index: index, Name: name}, packet.Raw, protocol, &packet.Config{Filter: filter})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on %s in %s: %w", name, n.NS.Name(), err)
	}
	return conn, nil
}
