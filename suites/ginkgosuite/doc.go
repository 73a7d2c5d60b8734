// Package ginkgosuite declares the corpus as specs of someone's own Ginkgo
// suite: an ordered container for every scenario, with its labels, and one spec
// for every role.
//
//	var _ = Describe("node address", func() {
//		ginkgosuite.Declare(selector.Func("mine", pick), selectortest.Options{})
//	})
//
// The options, the verdicts and what happens without the right to make
// namespaces are those of package selectortest.
package ginkgosuite
