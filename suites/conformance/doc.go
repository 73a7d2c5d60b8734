// Package conformance is the Ginkgo suite that judges every built-in selector in every
// scenario. A scenario is a container, whose lab is built once, with one spec for each
// selector. A result that the scenario does not expect fails its spec; a lab that fails
// fails all specs of the scenario.
//
// One more spec proves the scenario: the selector of prove.good passes in every role at
// every checkpoint, and that of prove.bad fails with the pick, kind and checkpoint that
// the scenario names. A scenario that nothing can fail is not a test.
//
//	go tool ginkgo --procs=8 ./suites/conformance
//
// Containers have the labels of their scenarios (--label-filter). In the environment
// PASSTLAB_ID and PASSTLAB_SELECTOR narrow to one scenario and one selector,
// PASSTLAB_SEED is the seed of orders that are drawn (default: Ginkgo's, --seed), and
// PASSTLAB_OUT names the folder for report.json and junit.xml (default: none is
// written). To select nothing is a failure.
package conformance
