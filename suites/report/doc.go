// Package report has the results of a run: verdicts, measured addresses, and the
// choice of each selector. It writes them as a table, JSON, JUnit and Markdown,
// compares versions of a selector, and merges the reports of parts of a run. It
// builds no lab and asks no selector.
//
// # Verdicts
//
// A fail says that a selector is wrong, an error that passtlab or its environment
// is. Of several verdicts the worst counts:
//
//	pass < xfail < skip < xpass < fail < error
//
// xfail is a known failure with the known pick; it counts as fine. xpass is a known
// failure that did not happen: what is known is out of date, and the run fails.
package report
