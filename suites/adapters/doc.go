// Package adapters tests that third-party selectors, as released, pick behind
// passt what is known of them, whichever address came first and is lower.
//
// Nothing is downloaded for that unless it is asked for: go test alone tests
// what "passtlab selectors build" has put into the cache. With PASSTLAB_ADAPTERS
// set to "newest", as `make adapters` does, the newest version listed of each
// selector is built and has to be there, with "all" every version.
package adapters
