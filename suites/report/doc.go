// Package report holds what a run found out: verdicts, the measured addresses,
// and what each selector chose. It writes them as a table, JSON, JUnit and
// Markdown, compares versions of a selector, and merges the reports of parts of
// a run. It is data alone: it builds no lab and asks no selector.
//
// # Verdicts
//
// A fail says that a selector is wrong, an error that passtlab or its
// environment is. Verdicts merge by getting worse:
//
//	pass < xfail < skip < xpass < fail < error
//
// xfail is a failure that is stated, with the pick that is stated; it counts as
// fine. xpass is a stated failure that did not happen: the statement is out of
// date, so it fails the run, as fail does.
package report
