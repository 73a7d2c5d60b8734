package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// parseJSON reads what passtlab observe prints. It ignores unknown keys, since fields
// may be added within an API version.
func parseJSON(name string, data []byte) (Saved, error) {
	fail := func(offset int, problem, expected string) (Saved, error) {
		line := 1 + bytes.Count(data[:min(max(offset, 0), len(data))], []byte("\n"))
		return Saved{}, strict.Fault{File: name, Line: line, Problem: problem, Expected: expected}
	}
	var o struct {
		selector.Observation
		// These hide the fields of Observation, so that errors name the entry.
		Links     entries[selector.Link]    `json:"links"`
		Addresses entries[selector.Address] `json:"addresses"`
		Routes    entries[selector.Route]   `json:"routes"`
	}
	err := json.Unmarshal(data, &o)
	if e, ok := errors.AsType[*entryError](err); ok {
		// The first entry with this text is the first one that was refused.
		return fail(bytes.Index(data, e.raw), e.err.Error(), "an entry as passtlab observe prints it")
	}
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
		return fail(0, "no apiVersion", `"`+selector.APIVersion+`", as passtlab observe prints it; of talosctl, -o yaml`)
	case o.APIVersion != selector.APIVersion:
		return fail(bytes.Index(data, []byte(`"apiVersion"`)), fmt.Sprintf("apiVersion is %q", o.APIVersion), `"`+selector.APIVersion+`"`)
	case o.Addresses == nil:
		return fail(0, "no addresses", "a list of addresses, as passtlab observe prints it")
	}
	s := Saved{Observation: o.Observation, Format: FormatObservation, ordered: true}
	s.Observation.Links, s.Observation.Addresses, s.Observation.Routes = o.Links, o.Addresses, o.Routes
	return s, nil
}

// entries is a list whose errors name the entry.
type entries[T any] []T

// entryError is an entry that was refused, as it stands in the file.
type entryError struct {
	raw []byte
	err error
}

func (e *entryError) Error() string { return e.err.Error() }

func (es *entries[T]) UnmarshalJSON(b []byte) error {
	var raws []json.RawMessage
	if err := json.Unmarshal(b, &raws); err != nil {
		return &entryError{nil, errors.New("links, addresses or routes is no list")}
	}
	if raws == nil { // null
		return nil
	}
	*es = make(entries[T], len(raws))
	for i, raw := range raws {
		err := json.Unmarshal(raw, &(*es)[i])
		if a, ok := any((*es)[i]).(selector.Address); ok && err == nil && (!a.Prefix.IsValid() || a.Link == "") {
			err = errors.New("an address without its prefix or its link")
		}
		if err != nil {
			return &entryError{raw, err}
		}
	}
	return nil
}
