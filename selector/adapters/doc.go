// Package adapters builds third-party selectors, at any version, as programs
// that speak the protocol of package command.
//
// Each folder here is the program of one adapter and a Go module of its own, so
// that none of what it requires reaches passtlab's own module. protocol is
// their side of the protocol. A new adapter is a folder and an entry of
// selector/catalogue/catalogue.yaml; then, once,
//
//	go test ./selector/adapters -run Sources -update
//
// writes the sources of all into sources.json, which is embedded: the go tool
// does not embed what lies in other modules. So a passtlab without its checkout
// builds adapters too.
//
// Build unpacks the adapter into a fresh folder and writes a go.mod that
// requires the adapted module at the wanted version and nothing else: that module
// chooses the versions of all that it needs, as in the program that it comes
// from. The versions in the folder's own go.mod are for editing and vetting only.
// Then the go tool builds it, without cgo.
//
// The cache has the program as NAME@VERSION-GOVERSION-HASH, where HASH is over
// the adapter's sources. What is there is used without network. It is renamed
// into place when it is whole, so that several builds at once only waste time.
//
// Not modelled: replace directives of the adapted module. The go tool applies
// those of the main module only.
package adapters
