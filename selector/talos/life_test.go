package talos

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/selector"
)

var roles = []string{"node", "kubelet", "etcd"}

// What comes and goes, and the names of the addresses.
const (
	slaac   = "eth0 " + s + " mngtmpaddr"
	lease   = "eth0 " + dHi + " permanent"
	finite  = "eth0 " + dHi
	vip     = "eth0 fd01:cafe::5/128 permanent"
	static  = "eth0 fd01:cafe::20/64 permanent"
	nm      = "eth0 " + s + " permanent noprefixroute"
	nmLease = "eth0 " + dHi + " permanent noprefixroute"
	other   = "eth0 fd01:cafe::1:2:3/128 permanent"
	gua     = "eth0 2001:db8:1::5054:ff:fe1f:c7bd/64 mngtmpaddr"
	gua2    = "eth0 2001:db8:2::5054:ff:fe1f:c7bd/64 mngtmpaddr"
	four    = "eth0 192.0.2.10/24 permanent"
	data    = "data0 fd01:cafe::30/128 permanent"
)

var overTime = map[string]string{
	s: "S", dHi: "D", "fd01:cafe::5/128": "V", "fd01:cafe::20/64": "P", "fd01:cafe::1:2:3/128": "E",
	"2001:db8:1::5054:ff:fe1f:c7bd/64": "G", "2001:db8:2::5054:ff:fe1f:c7bd/64": "H", "192.0.2.10/24": "4", "fd01:cafe::30/128": "N",
}

// A step is what is there, in the kernel's order.
type step []string

// life is what an algorithm chooses over time.
type life struct {
	name  string
	g     Algorithm
	role  string // "": all
	steps []step
	want  string
	why   string // at the end
}

func testLives(t *testing.T, lives []life) {
	for _, tt := range lives {
		for _, role := range roles {
			if tt.role != "" && role != tt.role {
				continue
			}
			t.Run(tt.name+"/"+role, func(t *testing.T) {
				l := start(t, tt.g)
				var got []string
				var c selector.Choice
				for _, lines := range tt.steps {
					var err error
					if c, err = l.Select(t.Context(), on(t, role, lines...)); err != nil {
						t.Fatal(err)
					}
					got = append(got, name(c, overTime))
				}
				if fmt.Sprint(got) != tt.want || c.Reason != tt.why {
					t.Errorf("%v (%s), want %s (%s)", got, c.Reason, tt.want, tt.why)
				}
			})
		}
	}
}

func start(t rapid.TB, g Algorithm) *selector.Instance {
	l, err := g.Traits().Start(context.Background(), selector.Observation{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
