// Package conformance is the Ginkgo suite that judges every built-in selector
// in every scenario: one container a scenario, whose lab is built once, and
// one spec a selector. A result that is not as the scenario states fails its
// spec; when the lab fails, all specs of the scenario do.
//
// One more spec shows what the scenario is worth: the selector that it names as
// good passes in every role at every checkpoint, and the one that it names as bad
// fails with the pick, of the kind and first at the checkpoint that it states. A
// scenario that nothing can fail is not a test.
//
//	go tool ginkgo --procs=8 ./suites/conformance
//
// The labels of scenarios are those of the containers (--label-filter).
// In the environment PASSTLAB_ID and PASSTLAB_SELECTOR narrow to one scenario
// and one selector, PASSTLAB_SEED is the seed of orders that are drawn (default:
// Ginkgo's, --seed), and PASSTLAB_OUT names the folder for report.json and
// junit.xml (default: none is written).
// Selecting nothing is a failure.
package conformance
