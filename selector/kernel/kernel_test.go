package kernel

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

func observation(addresses ...string) (o selector.Observation) {
	o.Target = netip.MustParseAddr("2001:db8::1")
	for _, a := range addresses {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix(a)})
	}
	return o
}

func TestFirst(t *testing.T) {
	tests := []struct {
		name      string
		addresses []string
		want      string
	}{
		{"order of the list", []string{"fd01::2/64", "fd01::1/128"}, "fd01::2"},
		{"nothing but global IPv6", []string{"127.0.0.1/8", "192.0.2.1/24", "::1/128", "fe80::1/64", "ff02::1/128", "::ffff:192.0.2.1/128", "2001:db8::2/64"}, "2001:db8::2"},
		{"none", []string{"192.0.2.1/24", "fe80::1/64"}, "invalid IP"},
		{"empty", nil, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := First.Select(t.Context(), observation(tt.addresses...))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Address().String(); got != tt.want || c.Reason == "" {
				t.Errorf("%s (%q), want %s", got, c.Reason, tt.want)
			}
		})
	}
}

func TestKernelOrdered(t *testing.T) {
	for _, s := range []selector.Selector{First, Source} {
		if !s.Traits().KernelOrder {
			t.Errorf("%s does not declare the kernel's order", s.Name())
		}
	}
}

// failing is a namespace in which everything ends in err.
type failing struct{ err error }

func (f failing) Do(func() error) error { return f.err }

func TestSourceErrors(t *testing.T) {
	o := observation("fd01::1/64")
	if _, err := Source.Select(t.Context(), o); !errors.Is(err, selector.ErrUnsupported) {
		t.Errorf("no namespace: %v, want ErrUnsupported", err)
	}
	for _, target := range []string{"192.0.2.1", "fe80::1", "::1", "ff02::1"} {
		o := o
		o.Guest, o.Target = failing{errors.New("not reached")}, netip.MustParseAddr(target)
		if _, err := Source.Select(t.Context(), o); !errors.Is(err, selector.ErrUnsupported) {
			t.Errorf("target %s: %v, want ErrUnsupported", target, err)
		}
	}
	o.Guest = failing{unix.EADDRNOTAVAIL}
	if c, err := Source.Select(t.Context(), o); err != nil || len(c.Addresses) != 0 || c.Reason != "connect to the target: EADDRNOTAVAIL" {
		t.Errorf("EADDRNOTAVAIL: %v, %v, want none", c, err)
	}
	for _, cause := range []error{unix.EMFILE, context.Canceled} {
		o.Guest = failing{cause}
		if c, err := Source.Select(t.Context(), o); !errors.Is(err, cause) {
			t.Errorf("%v: %v, %v, want the error", cause, c, err)
		}
	}
}
