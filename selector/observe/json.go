package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// readJSON reads a value, as YAML has it.
func readJSON(data []byte) (*yaml.Node, error) {
	var raw json.RawMessage
	dec, lines := json.NewDecoder(bytes.NewReader(data)), lineCounter{data, 0, 1}
	if err := dec.Decode(&raw); err != nil {
		return nil, fault(lines.at(faultOffset(data, err)), "", "%v", err)
	}
	return tree(raw, &lines, int(dec.InputOffset())-len(raw)), nil
}

// faultOffset returns where in data a decoder found the error.
func faultOffset(data []byte, err error) int {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return int(e.Offset) - 1
	}
	return len(bytes.TrimSpace(data)) // it ends too early
}

// lineCounter counts lines from one offset to the next one.
type lineCounter struct {
	data         []byte
	offset, line int
}

// at returns the number of the line at an offset, which never decreases.
func (l *lineCounter) at(offset int) int {
	offset = min(max(offset, l.offset), len(l.data))
	l.line += bytes.Count(l.data[l.offset:offset], []byte("\n"))
	l.offset = offset
	return l.line
}

// tree returns a valid JSON value as YAML has it. raw stands at an offset in the file.
// The YAML library does not read all JSON.
func tree(raw []byte, lines *lineCounter, offset int) *yaml.Node {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var next func() *yaml.Node
	next = func() *yaml.Node {
		token, _ := dec.Token()
		n := &yaml.Node{Kind: yaml.ScalarNode, Line: lines.at(offset + int(dec.InputOffset()))}
		switch token {
		case json.Delim('{'):
			n.Kind = yaml.MappingNode
		case json.Delim('['):
			n.Kind = yaml.SequenceNode
		case nil:
			n.Tag = "!!null"
			return n
		default:
			n.Value = fmt.Sprint(token)
			return n
		}
		for dec.More() {
			n.Content = append(n.Content, next())
		}
		_, _ = dec.Token() // the end of the list or object
		return n
	}
	return next()
}
