// Command apimachinery picks as kubeadm, k3s and kubelet's fall-back do where
// the bind address is "::".
package main

import (
	"io"
	stdnet "net"

	"github.com/passtlab/passtlab/selector/adapters/protocol"
	"k8s.io/apimachinery/pkg/util/net"
)

func main() { protocol.Main(pick) }

func pick(io.Reader) (protocol.Answer, error) {
	ip, err := net.ResolveBindAddress(stdnet.IPv6unspecified)
	if err != nil {
		return protocol.Answer{}, err
	}
	return protocol.Pick(ip.String(), "first global unicast address of the default route's interface")
}
