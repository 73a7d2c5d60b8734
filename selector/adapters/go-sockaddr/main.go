// Command go-sockaddr picks as Consul and Nomad do: without arguments the
// default, GetPrivateIP; with a template, the first address that it prints.
package main

import (
	"io"
	"os"
	"strings"

	"github.com/hashicorp/go-sockaddr"
	"github.com/hashicorp/go-sockaddr/template"
	"github.com/passtlab/passtlab/selector/adapters/protocol"
)

func main() { protocol.Main(pick) }

func pick(io.Reader) (protocol.Answer, error) {
	get, rule := sockaddr.GetPrivateIP, "GetPrivateIP"
	if len(os.Args) > 1 {
		rule = os.Args[1]
		get = func() (string, error) { return template.Parse(rule) }
	}
	out, err := get()
	if err != nil {
		return protocol.Answer{}, err
	}
	ips := strings.Fields(out)
	if len(ips) == 0 {
		return protocol.None(rule + " finds none")
	}
	return protocol.Pick(ips[0], rule)
}
