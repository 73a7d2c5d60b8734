package scenarios

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a scenario. The text is made
// from the Go types, their comments and the decoder's own tables by a test,
// which fails when the file in the repository is another one.
func Schema() ([]byte, error) { return slices.Clone(schema), nil }
