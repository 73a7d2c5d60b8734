// Package adapters builds third-party selectors, at any version, as programs
// that speak the protocol of package command.
//
// Each folder here is the program of one adapter and a Go module of its own, so that
// passtlab's own module requires nothing of it. protocol is their side of the
// protocol. A new adapter is a folder and an entry of
// selector/catalogue/catalogue.yaml; then, once,
//
//	go test ./selector/adapters -run Sources -update
//
// writes all sources into sources.json, which is embedded, so that passtlab builds
// adapters without its checkout. The go tool does not embed files of other modules.
//
// Build unpacks the adapter into a new folder and writes a go.mod that requires the
// adapted module at the wanted version and nothing else. So that module chooses the
// versions of all that it needs, as in the program that it comes from. Its replace and
// exclude lines stand there too, since the go tool takes those of the main module only,
// and beside it the checksums of its release. What the catalogue's entry raises is
// replaced by that version. Other versions in the adapter's own go.mod are for editing
// and vetting. The build is without cgo.
//
// An adapter may import internal packages of the adapted module: in module mode the go
// tool goes by the import path. So the adapter's own go.mod gives itself a module path
// below them, such as github.com/siderolabs/talos/internal/app/machined/passtlab.
//
// The cache has the program as NAME@VERSION-GOVERSION-HASH, where HASH is over the
// adapter's sources. A cached program is used without network. A build renames it into
// place when it is complete, so several builds at once do no harm.
// The program of a checkout is kept as NAME@checkout-FOLDER-GOVERSION-HASH until the
// checkout has had two other states; HASH is over the names, sizes and times of its
// files, too. Nothing is written into the checkout.
//
// Not modelled: replace lines of a released module by a folder. The release lacks the
// modules that lie below it, so what it requires of them comes from their own releases.
package adapters
