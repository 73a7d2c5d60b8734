package link_test

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// A neighbour of another interface is not told, and after stop none is.
func TestNeighbours(t *testing.T) {
	_, _, a, b := pair(t)
	ok(t, a.Up("eth0"), b.Up("eth0"), a.Up("lo"))
	type neighbour struct {
		addr netip.Addr
		mac  string
	}
	told := make(chan neighbour, 16)
	stop, err := a.Neighbours("eth0", func(at netip.Addr, mac net.HardwareAddr) {
		if mac != nil {
			told <- neighbour{at, mac.String()}
		}
	})
	ok(t, err)
	one, two := netip.MustParseAddr("fd00::9"), netip.MustParseAddr("fd00::a")
	ok(t, a.SetNeighbour("lo", two, macB), a.SetNeighbour("eth0", one, macB))
	select {
	case got := <-told:
		if want := (neighbour{one, macB.String()}); got != want {
			t.Errorf("told %v, want %v", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("told nothing within 10 s")
	}
	stop()
	ok(t, a.SetNeighbour("eth0", two, macB))
	if n := len(told); n != 0 {
		t.Errorf("told %d times after the end", n)
	}
	if _, err := a.Neighbours("none", nil); err == nil {
		t.Error("an interface that is not there has neighbours")
	}
}

// A namespace that has ended has no neighbours, also while somebody has it open.
func TestEnd(t *testing.T) {
	_, _, a, b := pair(t)
	ok(t, a.Up("eth0"), b.Up("eth0"))
	one := netip.MustParseAddr("fd00::9")
	ok(t, a.SetNeighbour("eth0", one, macB))
	is, err := a.HasNeighbour("eth0", one)
	if ok(t, err); !is {
		t.Fatal("there is no neighbour to begin with")
	}
	ok(t, a.End())
	if is, err = a.HasNeighbour("eth0", one); err != nil || is {
		t.Errorf("has the neighbour: %t, %v", is, err)
	}
}
