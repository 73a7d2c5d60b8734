// Command flannel picks the public IPv6 address as flannel does where neither
// an interface nor an address is configured.
package main

import (
	"io"

	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/passtlab/passtlab/selector/adapters/protocol"
)

func main() { protocol.Main(pick) }

func pick(io.Reader) (protocol.Answer, error) {
	link, err := ip.GetDefaultV6GatewayInterface()
	if err != nil {
		return protocol.Answer{}, err
	}
	ips, err := ip.GetInterfaceIP6Addrs(link)
	if err != nil {
		return protocol.Answer{}, err
	}
	if len(ips) == 0 {
		return protocol.None("no address on " + link.Name)
	}
	return protocol.Pick(ips[0].String(), "first address that flannel lists for "+link.Name)
}
