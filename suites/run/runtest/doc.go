// Package runtest has a lab without namespaces, for tests of what is built on
// package run.
package runtest
