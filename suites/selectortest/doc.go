// Package selectortest runs the corpus in your own go test. The selector is a Go value;
// every scenario is a sub-test, with a sub-test for every role.
//
//	func TestNodeAddress(t *testing.T) {
//		mine := selector.Func("mine", pick)
//		selectortest.Run(t, mine, selectortest.Options{Expect: "passtlab.expect.yaml"})
//	}
//
// A wrong choice fails its test. A lab that fails does too, and its error says that it is
// the lab. A selector that cannot judge (selector.ErrUnsupported) skips the test.
//
// Without the right to make namespaces the test skips, or fails if PASSTLAB_REQUIRE_ROOT
// is 1, as it should be in CI. An ordinary user runs the test in a user namespace:
//
//	go test -exec 'passtlab rootless --' ./...
//
// Scenarios run in parallel (go test -parallel), so several goroutines ask the selector
// at once. For Ginkgo there is package ginkgosuite.
package selectortest
