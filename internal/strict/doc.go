// Package strict reads YAML files into Go structs. It reports all that is wrong with a
// file at once, as Faults: each with its place, its key and the next step.
//
// The Go types define the format. These struct tags describe a key:
//
//	yaml:"NAME"       its name; "-" for a field that is no key
//	required:"true"   it has no default
//	unless:"KEY,…"    … but is not required if one of these keys beside it is false,
//	                  is a list that is given or, written KEY=WORD, is that word
//	excludes:"KEY,…"  it cannot stand beside these keys
//	nonempty:"true"   its list has at least one entry
//	bare:"true"       a scalar in place of the mapping is the value of this key
//	is:"KIND"         the kind of value (Reader.Kinds) if the Go type is not enough
//	pattern, form     a regular expression for text, and the same in words
//	minimum, maximum  the bounds of a number
//
// Files are plain YAML: no anchors, aliases, merge keys, tags, nulls or second
// documents.
package strict
