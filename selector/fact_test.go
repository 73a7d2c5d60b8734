package selector

import (
	"slices"
	"testing"
)

func TestFacts(t *testing.T) {
	fs := Facts{FactFlags, FactLinks, FactHardware, FactIndexes, FactOrder, "new"}
	if !fs.Has(FactRoutes, FactOrder) || fs.Has(FactRoutes) || fs.Has() || Facts(nil).Has(FactOrder) {
		t.Error("Has is wrong")
	}
	if got := fs.Of(FactOrder, FactRoutes, FactFlags); !slices.Equal(got, Facts{FactOrder, FactFlags}) {
		t.Errorf("%q", []Fact(got))
	}
	if got, want := fs.Words(), []string{"address flags", "state of links", "the kernel's order of addresses", "new"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := fs.With(FactRoutes, FactFlags).Without(FactHardware, FactIndexes); !slices.Equal(got, Facts{FactFlags, FactLinks, FactRoutes, FactOrder}) {
		t.Errorf("%q", []Fact(got))
	}
	if got, want := (Facts{FactHardware}).Words(), []string{"MAC addresses of links"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
