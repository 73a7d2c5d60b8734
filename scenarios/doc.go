// Package scenarios reads the corpus: one YAML file describes a situation
// behind passt as a timeline of events, what its author expects to be reachable
// at its checkpoints, and the two selectors that prove the case can be passed
// and failed. A file can stand for several scenarios: by axes of variants
// (vary), and by groups of steps that come in every order (orders).
//
// The Go types are the schema. The strict reader (Load, package strict) and the
// JSON Schema (Schema) are both made from them, their comments, their struct tags
// and one table of scalars, so neither can drift. Everything wrong in a file is
// reported at once, as Faults: each with file:line:column, the key, what was
// expected, a near miss where there is one, and what to do next.
//
// A kind of event is one Action: a struct in a file of its own, with its
// documentation, its check and its Play, and a row in one table (actions). The word,
// the parameters, the schema, the reference in README.md and what a real client
// makes of it follow from that.
//
// Load refuses what the file alone shows to be wrong: form, references, keys that
// contradict each other, kinds of address (RFC 4291). Whether an event can happen
// is not worked out beforehand: what the guest has then is the kernel's, a client's
// or a server's to say. Each Action looks at the Lab when it is played, and returns
// a Fault with its place in the file, at once and not by a time-out. So does each
// checkpoint, for what the file expects there.
//
// The package knows neither labs nor selectors: selector names and passt
// releases are plain strings here. Who runs a scenario says by a Check whether
// they exist, and the faults it finds have their place as all others have. Not
// modelled is what nothing in the corpus needs, such as IPv4.
package scenarios
