package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/selector"
)

// isObservation reports whether a document is what passtlab observe prints, perhaps
// without its version.
func isObservation(root *yaml.Node) bool {
	version := child(root, "apiVersion")
	return strings.HasPrefix(value(version), "passtlab/") ||
		version == nil && child(root, "metadata") == nil && (child(root, "addresses") != nil || child(root, "links") != nil)
}

// parseObservation reads what passtlab observe prints. It ignores unknown keys, since
// fields may be added within an API version.
func parseObservation(data []byte) (Saved, error) {
	fail := func(offset int, problem, expected string) (Saved, error) {
		lines := lineCounter{data, 0, 1}
		return Saved{}, fault(lines.at(offset), expected, "%s", problem)
	}
	var o struct {
		selector.Observation
		// These hide the fields of Observation, so that errors name the entry.
		Links     []json.RawMessage `json:"links"`
		Addresses []json.RawMessage `json:"addresses"`
		Routes    []json.RawMessage `json:"routes"`
	}
	err := json.Unmarshal(data, &o)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fail(int(e.Offset)-1, "not JSON: "+e.Error(), "what passtlab observe prints")
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fail(int(e.Offset)-1, fmt.Sprintf("%s is %s", strings.TrimPrefix(e.Field, "Observation."), e.Value), "what passtlab observe prints")
	}
	switch {
	case err != nil:
		return fail(0, err.Error(), "what passtlab observe prints")
	case o.APIVersion == "":
		return fail(0, "no apiVersion", `"`+selector.APIVersion+`", as passtlab observe prints it`)
	case o.APIVersion != selector.APIVersion:
		return fail(bytes.Index(data, []byte(`"apiVersion"`)), fmt.Sprintf("apiVersion is %q", o.APIVersion), `"`+selector.APIVersion+`"`)
	case o.Addresses == nil:
		return fail(0, "no addresses", "a list of addresses, as passtlab observe prints it")
	}
	s := Saved{Observation: o.Observation, Format: FormatObservation}
	bad, err := entries(&s.Observation.Links, o.Links)
	if err == nil {
		bad, err = entries(&s.Observation.Addresses, o.Addresses)
	}
	if err == nil {
		bad, err = entries(&s.Observation.Routes, o.Routes)
	}
	if err != nil {
		// The first entry with this text is the one that is wrong.
		return fail(bytes.Index(data, bad), err.Error(), "an entry as passtlab observe prints it")
	}
	return s, nil
}

// entries decodes a list. It returns the entry that is wrong.
func entries[T any](to *[]T, from []json.RawMessage) (bad []byte, err error) {
	if from != nil {
		*to = make([]T, len(from))
	}
	for i, raw := range from {
		err := json.Unmarshal(raw, &(*to)[i])
		if a, ok := any((*to)[i]).(selector.Address); ok && err == nil && (!a.Prefix.IsValid() || a.Link == "") {
			err = errors.New("an address without its prefix or its link")
		}
		if err != nil {
			return raw, err
		}
	}
	return nil, nil
}
