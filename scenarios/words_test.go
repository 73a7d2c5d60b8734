package scenarios

import (
	"slices"
	"testing"
)

func TestPorts(t *testing.T) {
	all := []PortRange{{1, 32767}, {61000, 65535}}
	for _, tt := range []struct {
		ports Ports
		want  []PortRange
	}{
		{AllPorts, all},
		{NoPorts, nil},
		{"22", []PortRange{{22, 22}}},
		{"6443,22-24,24-30", []PortRange{{22, 30}, {6443, 6443}}},
		{"22,23,65535", []PortRange{{22, 23}, {65535, 65535}}},
		{"~15000-15010", []PortRange{{1, 14999}, {15011, 32767}, {61000, 65535}}},
		{"20-30,~25", []PortRange{{20, 24}, {26, 30}}},
		{"~1-65535", nil},
	} {
		p, err := ParsePorts(string(tt.ports))
		if err != nil || p != tt.ports {
			t.Errorf("ParsePorts(%q) = %q, %v", tt.ports, p, err)
		}
		if got := p.Ranges(all); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", p, got, tt.want)
		}
	}
	for _, s := range []string{"", "0", "65536", "2-1", "22,", "22,all", "~", "-", "1-2-3", " 22", "+22"} {
		if p, err := ParsePorts(s); err == nil {
			t.Errorf("ParsePorts(%q) = %q, want an error", s, p)
		}
	}
}
