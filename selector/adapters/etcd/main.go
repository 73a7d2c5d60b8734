// Command etcd picks the host of the default advertised URLs, as etcd does
// where none is configured.
package main

import (
	"io"

	"github.com/passtlab/passtlab/selector/adapters/protocol"
	"go.etcd.io/etcd/pkg/v3/netutil"
)

func main() { protocol.Main(pick) }

func pick(io.Reader) (protocol.Answer, error) {
	host, err := netutil.GetDefaultHost()
	if err != nil {
		return protocol.Answer{}, err
	}
	return protocol.Pick(host, "preferred source of the default route, or first address of its interface")
}
