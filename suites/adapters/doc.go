// Package adapters tests that third-party selectors, as released, pick the known address
// behind passt, whichever address came first and is lower; that passtlab's models of
// Talos choose as Talos' own controllers do, and list what they do not; and that machine
// configurations and patches are valid by Talos' own pkg/machinery.
//
// go test alone downloads nothing: it tests what "passtlab selectors build" has put into
// the cache. With PASSTLAB_ADAPTERS=newest, as in `make adapters`, it builds the newest
// listed version of each of them and fails without it, with PASSTLAB_ADAPTERS=all every
// version.
package adapters
