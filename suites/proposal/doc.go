// Package proposal is the suite that holds docs/talos-proposal.md and
// docs/talos-vectors.json to the corpus: it plays every scenario with Talos' algorithms
// and the variants of the proposed one, and makes the tables of the former and the
// vectors of the latter anew. With -update it writes them.
//
// Scenarios in which another client than Talos' configures the guest are left out.
package proposal
