package talos_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/selector/talos/vector"
)

// Every algorithm orders every vector as the file says, and the file is one that Write
// has written.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile("../../docs/talos-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := vector.Read(b)
	if err != nil || len(f.Vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(f.Vectors), err)
	}
	again, err := f.Write()
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("read and written the file is another, %v", err)
	}
	for _, v := range f.Vectors {
		for _, g := range talos.Algorithms() {
			want := v.Order.Of(string(g))
			if want == nil {
				continue
			}
			as := v.Observed()
			in := slices.Clone(as)
			g.Sort(as, v.Previous)
			var got []int
			for _, a := range as {
				got = append(got, slices.Index(in, a))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s (%s): %s orders %v, want %v", v.ID, v.Why, g, got, want)
			}
		}
	}
}
