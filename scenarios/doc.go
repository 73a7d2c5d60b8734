// Package scenarios reads the corpus. A YAML file describes a situation, behind passt or
// on another network: a timeline of events, the addresses that the author expects to be
// reachable at its checkpoints, and two selectors, one that passes and one that fails. A
// file can stand for several scenarios, by variants (vary) and by orders of steps
// (orders).
//
// The Go types define the schema. Their comments and struct tags and one table of
// scalars make both the strict reader (Load, package strict) and the JSON Schema
// (Schema), so the two always agree. Load reports all faults of a file at once.
//
// A kind of event is one Action: a struct in a file of its own, with documentation,
// check and Play, and one row in the table actions. The reader, the schema and the
// reference in README.md follow from these.
//
// Load refuses faults that the file alone shows: form, references, contradictions,
// kinds of address (RFC 4291). It does not predict the guest's addresses, and so cannot
// tell whether an event can happen. Each Action looks at the Lab when it is played, and
// returns a Fault at once if the event is impossible. So does each checkpoint.
//
// The package knows neither labs nor selectors. Selector names and passt releases are
// plain strings; the caller's Check looks them up. Not modelled: IPv4.
package scenarios
