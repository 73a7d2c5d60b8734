// Package selectortest runs the corpus inside someone's own go test: the
// selector is a Go value, every scenario is a sub-test, and every role of it
// one below that.
//
//	func TestNodeAddress(t *testing.T) {
//		mine := selector.Func("mine", pick)
//		selectortest.Run(t, mine, selectortest.Options{Expect: "passtlab.expect.yaml"})
//	}
//
// A wrong choice fails its test, and so does a lab that fails, which says that it
// is the lab. What the selector cannot judge (selector.ErrUnsupported) skips.
//
// Without the right to make namespaces the test skips; where
// PASSTLAB_REQUIRE_ROOT is 1, as it should be in CI, it fails. An ordinary user
// runs the test in a user namespace with
//
//	go test -exec 'passtlab rootless --' ./...
//
// Scenarios run in parallel (go test -parallel), so the selector is asked from
// several goroutines at once. For Ginkgo there is package ginkgosuite.
package selectortest
