// Package field makes docs/field.md, the log of public reports: what was reported, what was
// tried, and what came out.
//
// reports.yaml has the reports, and the pasted address lists in testdata. The rest is of
// runs: the tests read and reproduce each paste, and play each situation of testdata. The
// scenarios are those of the corpus that name a report in their references, with
// their known failures, which make e2e requires to happen.
package field
