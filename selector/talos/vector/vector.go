package vector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// File is the whole of docs/talos-vectors.json.
type File struct {
	Schema  string   `json:"$schema"`
	Vectors []Vector `json:"vectors"`
}

// Vector is one set of addresses, all of one node and of links that are up.
type Vector struct {
	ID  string `json:"id"`  // a scenario of passtlab, or "search", and a number
	Why string `json:"why"` // the title of the scenario, or the rules that decide
	// Addresses are in the order in which the algorithm gets them.
	Addresses []Address `json:"addresses"`
	// Previous is the order before, of those addresses that were there. Only v3 looks
	// at it.
	Previous []netip.Addr `json:"previous,omitempty"`
	Order    Order        `json:"order"`
}

// Address is one address as the kernel lists it.
type Address struct {
	Address netip.Prefix   `json:"address"`
	Flags   selector.Flags `json:"flags"` // as ip address prints them
}

// Order has the addresses in the order of each algorithm, by their index in the
// vector's addresses, the preferred one first. v3 puts tentative and dadfailed ones last.
// No order: the algorithm's comparison goes in a circle, and what it gives depends on
// the order of its input.
type Order struct {
	V1 []int `json:"v1"`
	V2 []int `json:"v2,omitempty"`
	V3 []int `json:"v3"`
}

// Of returns the order of an algorithm: v1, v2 or v3.
func (o Order) Of(algorithm string) []int {
	return map[string][]int{"v1": o.V1, "v2": o.V2, "v3": o.V3}[algorithm]
}

// Read reads a file and checks it.
func Read(b []byte) (File, error) {
	var f File
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return File{}, fmt.Errorf("read vectors: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("read vectors: there is more behind the object")
	}
	for _, v := range f.Vectors {
		if err := v.check(); err != nil {
			return File{}, fmt.Errorf("read vectors: %q: %w", v.ID, err)
		}
	}
	return f, nil
}

func (v Vector) check() error {
	for i, a := range v.Addresses {
		if !a.Address.IsValid() {
			return fmt.Errorf("address %d is none", i)
		}
	}
	for name, order := range map[string][]int{"v1": v.Order.V1, "v2": v.Order.V2, "v3": v.Order.V3} {
		if order == nil && name == "v2" {
			continue
		}
		sorted := slices.Sorted(slices.Values(order))
		if len(sorted) != len(v.Addresses) || len(sorted) > 0 && (sorted[0] != 0 || sorted[len(sorted)-1] != len(sorted)-1) || len(slices.Compact(sorted)) != len(order) {
			return fmt.Errorf("the order of %s is not one of its %d addresses", name, len(v.Addresses))
		}
	}
	return nil
}

// Write returns the file, with one vector a line.
func (f File) Write() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"$schema\": %q,\n  \"vectors\": [\n", f.Schema)
	for i, v := range f.Vectors {
		line, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("write vector %q: %w", v.ID, err)
		}
		comma := ","
		if i == len(f.Vectors)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "    %s%s\n", line, comma)
	}
	b.WriteString("  ]\n}\n")
	return b.Bytes(), nil
}

// Observed returns the addresses as a selector sees them.
func (v Vector) Observed() (as []selector.Address) {
	for _, a := range v.Addresses {
		as = append(as, selector.Address{Prefix: a.Address, Link: "eth0", Scope: "global", Flags: a.Flags})
	}
	return as
}
