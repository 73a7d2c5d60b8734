// Package scenarios reads the corpus: one YAML file describes a situation
// behind passt as a timeline of events, what its author expects to be reachable
// at its checkpoints, and the two selectors that prove the case can be passed
// and failed. A file can stand for several scenarios: by axes of variants
// (vary), and by groups of steps that come in every order (orders).
//
// The Go types are the schema. The strict decoder (Load) and the JSON Schema
// (Schema) are both made from them, their struct tags and one table of
// scalars, so neither can drift. Everything wrong in a file is reported at
// once, as Faults: each with file:line:column, the key, what was expected, a
// near miss where there is one, and what to do next.
//
// Load also refuses situations that cannot come about (RFC 4862 and RFC 8981
// for SLAAC and temporary addresses, RFC 4861 and RFC 8415 for what arrives,
// RFC 4291 for the kinds of address) and expectations that contradict each
// other. For that it walks the timeline with a small model of the guest: which
// addresses are there, where they come from, how long they last. Where only the
// kernel, a client or another server could tell, the model says nothing: what a
// solicitation brings when a link has its carrier again, whether a passt that
// took over renews a lease, and all that a client other than the kernel does.
//
// The package knows neither labs nor selectors: selector names and passt
// releases are plain strings here. Who runs a scenario says by a Check whether
// they exist, and the faults it finds have their place as all others have. Not
// modelled is what nothing in the corpus needs, such as IPv4.
package scenarios
