package scenarios

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a scenario. A test makes the file from the
// Go types, their comments and the tables of scalars, and fails if it differs.
func Schema() []byte { return slices.Clone(schema) }
