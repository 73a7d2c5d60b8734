// Package suites puts scenarios and selectors together: it builds the lab of
// a scenario once, measures its truth table, asks every selector in it, judges
// the choices by what was measured, and reports.
//
//	report, err := suites.Run(ctx, suites.Config{Scenarios: …, Selectors: …})
//	os.Exit(report.ExitStatus())
//
// Open is the level below, for those who bring their own runner: a Session is
// one lab that is up, and Session.Judge asks one selector in it. The Ginkgo
// suites in the folders conformance, prove and harness are made of that.
//
// # Verdicts
//
// A fail says that a selector is wrong, an error that passtlab or its
// environment is. Nothing that goes wrong in a lab, and no disagreement
// between a scenario's author and the measurement, is ever laid at a
// selector's door. Verdicts merge by getting worse:
//
//	pass < xfail < skip < xpass < fail < error
//
// xfail is a failure that is stated, with the pick that is stated; it counts as
// fine. xpass is a stated failure that did not happen: the statement is out of
// date, so it fails the run, as fail does. Scenarios state failures, and so do
// the Expectations of a project, which come first.
//
// What makes a choice right is the truth table alone: every chosen address
// must have worked in both directions, and no address is right only where none
// works. An address that works only as long as the guest keeps quiet on its
// other addresses is right, with a remark.
//
// # More than one run
//
// Compare says what changed from version to version of a selector, all asked in
// the same labs; Bisect finds the version. A run can be cut into shards
// (Shard.Cut), whose reports Merge puts together. Package selectortest runs
// all this inside someone's own go test.
//
// Not modelled: time. A scenario is judged once, when all its events have been
// played. In-process selectors that outlive their time limit cannot be
// stopped, only given up on.
package suites
