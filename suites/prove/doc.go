// Package prove is the Ginkgo suite that shows what each scenario is worth:
// the selector that it names as good passes in every role at every checkpoint,
// and the one that it names as bad fails with the pick, of the kind and first at
// the checkpoint that it states. A scenario that nothing
// can fail is not a test.
//
// PASSTLAB_ID narrows to one scenario; selecting nothing is a failure.
// PASSTLAB_SEED is the seed of orders that are drawn; default: Ginkgo's.
package prove
