// Package scenarios reads the corpus: one YAML file describes one situation
// behind passt, what its author expects to be reachable, and the two selectors
// that prove the case can be passed and failed.
//
// The Go types are the schema. The strict decoder (Load) and the JSON Schema
// (Schema) are both made from them, their struct tags and one table of
// scalars, so neither can drift. Everything wrong in a file is reported at
// once, as Faults: each with file:line:column, the key, what was expected, a
// near miss where there is one, and what to do next.
//
// Load also refuses situations that cannot come about (RFC 4862 and RFC 8981
// for SLAAC and temporary addresses, RFC 4291 for the kinds of address) and
// expectations that contradict each other.
//
// The package knows neither labs nor selectors: selector names and passt
// releases are plain strings here. Who runs a scenario says by a Check whether
// they exist, and the faults it finds have their place as all others have. Not modelled are what nothing in the corpus needs: lifetimes that
// end, renumbering, more than one guest, and IPv4.
package scenarios
