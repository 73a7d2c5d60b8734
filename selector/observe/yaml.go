package observe

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/strict"
)

// readYAML reads a stream of documents.
func readYAML(data []byte) ([]*yaml.Node, error) {
	var roots []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			// At the end of the file the error names the line after the last one.
			line, problem := strict.SyntaxError(bytes.TrimRight(data, "\n"), err)
			return nil, fault(line, "", "%s", problem)
		}
		roots = append(roots, outputs(doc.Content[0])...)
	}
}

// outputs splits a document in which the output of one command follows that of another.
// talosctl prints no "---" before the first resource, so that keys repeat.
func outputs(doc *yaml.Node) []*yaml.Node {
	if doc.Tag == "!!null" {
		return nil
	}
	if doc.Kind != yaml.MappingNode {
		return []*yaml.Node{doc}
	}
	var out []*yaml.Node
	var seen map[string]bool // the keys of the last one
	for pair := range slices.Chunk(doc.Content, 2) {
		if len(out) == 0 || seen[pair[0].Value] {
			out = append(out, &yaml.Node{Kind: yaml.MappingNode, Line: pair[0].Line})
			seen = map[string]bool{}
		}
		seen[pair[0].Value] = true
		last := out[len(out)-1]
		last.Content = append(last.Content, pair...)
	}
	return out
}
