// Package strict reads YAML files into Go structs and reports everything that is
// wrong with a file at once, as Faults: each with file:line:column, the key, what
// was expected, the word that was probably meant, and what to do next.
//
// The Go types are the format. These struct tags describe a key:
//
//	yaml:"NAME"       its name; "-" for a field that is no key
//	required:"true"   it has no default
//	unless:"KEY,…"    … but is not required where one of these keys beside it is false
//	excludes:"KEY"    it cannot stand beside that key
//	nonempty:"true"   its list has at least one entry
//	bare:"true"       a scalar in place of the mapping is the value of this key
//	is:"KIND"         the kind of value, where the Go type does not say (Reader.Kinds)
//	pattern, form     a regular expression for text, and the same in words
//	minimum, maximum  the bounds of a number
//
// Files are plain YAML: no anchors, aliases, merge keys, tags, nulls or second
// documents.
package strict
