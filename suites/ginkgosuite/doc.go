// Package ginkgosuite declares the corpus as specs of your own Ginkgo suite: an ordered
// container for every scenario, with its labels, and one spec for every role.
//
//	var _ = Describe("node address", func() {
//		ginkgosuite.Declare(selector.Func("mine", pick), selectortest.Options{})
//	})
//
// Options, verdicts and rights are as in package selectortest.
package ginkgosuite
