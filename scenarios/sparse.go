package scenarios

import "go.yaml.in/yaml/v3"

// MarshalYAML leaves out the address and gateway of a pod without IPv6.
func (p Pod) MarshalYAML() (any, error) {
	type plain Pod
	return sparse(plain(p))
}

// MarshalYAML leaves out the addresses that are not given.
func (p Passt) MarshalYAML() (any, error) {
	type plain Passt
	return sparse(plain(p))
}

// MarshalYAML leaves out the address that is not given.
func (r RA) MarshalYAML() (any, error) {
	type plain RA
	return sparse(plain(r))
}

// MarshalYAML leaves out the address that is not given.
func (l DHCPv6) MarshalYAML() (any, error) {
	type plain DHCPv6
	return sparse(plain(l))
}

// MarshalYAML leaves out the address that is not given.
func (r Renumber) MarshalYAML() (any, error) {
	type plain Renumber
	return sparse(plain(r))
}

// MarshalYAML leaves out the addresses that are not given.
func (m Migrate) MarshalYAML() (any, error) {
	type plain Migrate
	return sparse(plain(m))
}

// sparse returns the mapping v without keys of empty value. The library's own
// omitempty takes every address for empty: it does not look at fields that are
// not exported, and addresses have no others.
func sparse(v any) (*yaml.Node, error) {
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		return nil, err
	}
	kept := n.Content[:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if val := n.Content[i+1]; val.Kind != yaml.ScalarNode || val.Value != "" {
			kept = append(kept, n.Content[i], val)
		}
	}
	n.Content = kept
	return n, nil
}
