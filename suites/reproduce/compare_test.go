package reproduce

import (
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
)

func TestCompare(t *testing.T) {
	const one, two = "eth0 fd01::1/64 permanent\n", "eth0 fd01::2/64 permanent\n"
	for _, tt := range []struct {
		name, input, lab string
		unknown          selector.Facts
		want             []string // in the rows that differ
	}{
		{"same", one + two, one + two, nil, nil},
		{"other order", one + two, two + one, nil, []string{"no. 1 of the list, no. 2 in the lab", "no. 2 of the list, no. 1 in the lab"}},
		{"unknown order", one + two, two + one, selector.Facts{selector.FactOrder}, nil},
		{"length", one, "eth0 fd01::1/128 permanent", nil, []string{"the prefix length, /128 in the lab"}},
		{"flags", "eth0 fd01::1/64 mngtmpaddr nodad", "eth0 fd01::1/64 mngtmpaddr tentative", nil, []string{"not nodad in the lab; tentative in the lab"}},
		{"unknown flags", "eth0 fd01::1/64", one, selector.Facts{selector.FactFlags}, nil},
		{"unknown high flags", "eth0 fd01::1/64 permanent", "eth0 fd01::1/64 permanent mngtmpaddr", selector.Facts{selector.FactHighFlags}, nil},
		{"low flags beside them", "eth0 fd01::1/64 permanent", "eth0 fd01::1/64 mngtmpaddr", selector.Facts{selector.FactHighFlags}, []string{"not permanent in the lab"}},
		{"lifetimes", "eth0 fd01::1/64 60/30", "eth0 fd01::1/64", nil, []string{"valid and preferred for 60 s, 30 s, ever, ever in the lab"}},
		{"what is left of them", "eth0 fd01::1/64 60/30", "eth0 fd01::1/64 50/20", nil, nil},
		{"absent", one + two, one, nil, []string{"not in the lab"}},
		{"more", one, one + two, nil, []string{"only in the lab"}},
		{"link-local", one + "eth0 fe80::1/64 permanent", one + "eth0 fe80::2/64 permanent", nil, []string{"fe80::2 in the lab"}},
		{"no link-local", one + "eth0 fe80::1/64 permanent", one, nil, []string{"not in the lab"}},
		{"link without", one + "p0 fe80::1/64 permanent", one, nil, nil},
		{"excerpt", one, one + "eth0 fe80::2/64 permanent", nil, nil},
		{"other link", "eth0 fd01::1/64 permanent\ndata0 fd02::1/64", "data0 fd01::1/64 permanent\neth0 fd02::1/64", nil, []string{"not in the lab", "not in the lab", "only in the lab", "only in the lab"}},
		{"route", one + "eth0 via fe80::1", one + "eth0 via none", nil, []string{"no in the lab"}},
		{"no route", one + "eth0 via none", one + "eth0 via fe80::1", nil, []string{"yes in the lab"}},
		{"unknown route", one, one + "eth0 via fe80::1", nil, nil},
		{"temporary", "eth0 fd01::1/64 temporary 60/30", "eth0 fd01::2/64 temporary 60/30", nil, []string{"the identifier, which is random"}},
	} {
		g, err := read(Input{Saved: observe.Saved{Observation: seen(t, tt.input, tt.unknown...)}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range compare(g, seen(t, tt.lab), map[string]string{"eth0": "eth0", "data0": "data0"}) {
			if len(r.Differs) > 0 {
				got = append(got, strings.Join(r.Differs, "; "))
			}
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
