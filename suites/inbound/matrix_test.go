package inbound

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		// Labs wait more than they compute.
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
	}
	os.Exit(audit.Run(m))
}

// A state is what the guest does before the peer connects: once, and again
// before each connection.
type state struct {
	name        string
	once, again func(*bench) error
}

// phases are states that follow each other in one lab.
var phases = [][]state{
	{
		{"booted, :: last", nothing, all(unspecified)},
		{"booted, L last", nothing, all(unspecified, from("L"))},
		{"no DHCPv6, sent from S", nothing, all(from("S"))},
		{"DHCPv6, D without DAD", all(exchange, lease(false)), all(exchange)},
		{"last sent from S", nothing, all(from("S"))},
		{"last sent from D", nothing, all(from("S"), from("D"))},
		{"last sent from D, then L", nothing, all(from("S"), from("D"), from("L"))},
		{"last sent from S, then L", nothing, all(from("D"), from("S"), from("L"))},
		{"last sent from S, then DHCPv6", nothing, all(from("S"), exchange)},
	},
	// Duplicate address detection sends from :: and joins a group from L. What
	// comes last is up to chance; each is done once more.
	{
		{"DHCPv6, D with DAD, :: last", all(exchange, lease(true)), all(unspecified)},
		{"DHCPv6, D with DAD, L last", nothing, all(unspecified, from("L"))},
	},
}

func nothing(*bench) error { return nil }

func all(steps ...func(*bench) error) func(*bench) error {
	return func(b *bench) error {
		for _, s := range steps {
			if err := s(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func from(name string) func(*bench) error {
	return func(b *bench) error { return b.lab.Send(b.ctx, b.address(name)) }
}

func exchange(b *bench) error { _, _, err := b.guest.Exchange(b.ctx); return err }

func lease(dad bool) func(*bench) error {
	return func(b *bench) error {
		if dad {
			return b.guest.Install(b.ctx, "eth0", netip.PrefixFrom(addrD, 128), scenarios.OriginDHCPv6, guest.Install{})
		}
		return b.guest.Net.AddAddress("eth0", netip.PrefixFrom(addrD, 128))
	}
}

func unspecified(b *bench) error { return b.probeDAD() }

// measured are the cells of a column, by state, server and transport.
type measured map[[3]string]string

// measure fills a column.
func measure(ctx context.Context, t *testing.T, c column) measured {
	t.Helper()
	cells := measured{}
	for _, phase := range phases {
		b := newBench(ctx, t, c)
		for _, s := range phase {
			if err := s.once(b); err != nil {
				t.Fatalf("%s: %s: %v", c, s.name, err)
			}
			for _, r := range facts {
				if r.state != s.name {
					continue
				}
				for _, transport := range []string{"tcp", "udp"} {
					got, err := b.cell(s, r.server, transport)
					if err != nil {
						t.Fatalf("%s: %s: server at %s over %s: %v", c, s.name, r.server, transport, err)
					}
					cells[[3]string{r.state, r.server, transport}] = got
				}
			}
		}
	}
	return cells
}

// differences are the cells that are not as the facts have it.
func (m measured) differences(want func(row) string) (diffs []string) {
	for _, r := range facts {
		for _, transport := range []string{"tcp", "udp"} {
			if got := m[[3]string{r.state, r.server, transport}]; got != want(r) {
				diffs = append(diffs, fmt.Sprintf("%s, server at %s, %s: got %q, want %q", r.state, r.server, transport, got, want(r)))
			}
		}
	}
	return diffs
}

// Every cell is as the real program was seen to behave, and a column measured
// with another column's facts is not: the matrix can fail.
func TestMatrix(t *testing.T) {
	need.Namespaces(t)
	for _, c := range columns {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			m := measure(t.Context(), t, c.column)
			for _, d := range m.differences(c.facts) {
				t.Error(d)
			}
			for _, other := range columns {
				if slices.ContainsFunc(facts, func(r row) bool { return c.facts(r) != other.facts(r) }) &&
					len(m.differences(other.facts)) == 0 {
					t.Errorf("no difference from %s", other)
				}
			}
		})
	}
}

// Every row of the facts has a state, and every state has rows.
func TestRows(t *testing.T) {
	var states, named []string
	for _, p := range phases {
		for _, s := range p {
			states = append(states, s.name)
		}
	}
	for _, r := range facts {
		if !slices.Contains(named, r.state) {
			named = append(named, r.state)
		}
	}
	if !slices.Equal(states, named) {
		t.Errorf("states %q, facts about %q", states, named)
	}
}
