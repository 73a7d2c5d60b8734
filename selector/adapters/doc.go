// Package adapters builds third-party selectors, at any version, as programs
// that speak the protocol of package command.
//
// # The adapters
//
// Each folder here is the program of one adapter and a Go module of its own, so
// that none of what it requires reaches passtlab's own module. protocol is
// their side of the protocol. To add one:
//
//  1. Make a folder like etcd. Its go.mod requires the newest version that will
//     be listed.
//  2. Add an entry to selector/catalogue/catalogue.yaml.
//  3. go test ./selector/adapters -run Sources -update
//  4. Say in suites/adapters what it picks, and run make adapters.
//
// Step 3 writes the sources of all adapters into sources.json, which is embedded:
// the go tool does not embed files of other modules. So a passtlab without its
// checkout builds adapters too. A test compares sources.json with the folders.
//
// # A build
//
// Build unpacks the adapter into a fresh folder and writes a go.mod that
// requires the adapted module at the wanted version and nothing else: the
// versions of all that it needs are the module's own choice, as in the program
// that it comes from. The versions in the folder's go.mod are for editing and
// vetting only. Then the go tool builds it, without cgo.
//
// # The cache
//
// The program is kept as NAME@VERSION-GOVERSION-HASH, where HASH is over the
// adapter's sources. What is there is used as it is, without network. It is
// renamed into place when it is whole, so that several builds at once only
// waste time. Without a go tool the newest program that another one has built
// from the same sources is used.
//
// Not modelled: replace directives of the adapted module. The go tool applies
// those of the main module only; a component that is built with patched
// dependencies is seen without its patches.
package adapters
