package scenarios

import (
	"bytes"
	"reflect"
)

// MaxStrict is the size in bytes that a file for Strict may have.
const MaxStrict = 4 << 20

// Strict reads the one YAML document in data, which came from the file called
// name, into v, a pointer to a struct. It is as strict as Load, goes by the
// same struct tags and knows the same scalars; for files that are kept beside
// scenarios. check, if not nil, is asked about v, as a Check is. The error is
// Faults, and holds everything that is wrong.
func Strict(name string, data []byte, v any, check func() []Fault) error {
	if len(bytes.TrimSpace(data)) == 0 {
		t := reflect.TypeOf(v).Elem()
		return Faults{{File: name, Line: 1, Column: 1, Problem: "the file is empty",
			Expected: field{}.expected(t), Next: "write one, or remove the file"}}
	}
	root, faults := parse(name, data, MaxStrict)
	if len(faults) > 0 {
		return faults
	}
	d := decode(name, root, v)
	if check != nil {
		d.ask(check())
	}
	return d.error()
}
