// Command soak looks for verdicts that depend on load. It runs the corpus on a
// quiet machine, then again and again beside busy loops on all cores: at 64 labs
// in parallel, and as ten runs at once. It compares every result with that of the
// quiet run.
//
//	go run ./scripts/soak -for 10m
//
// Built-in selectors are asked in every scenario. Programs of three kinds (a
// static program, bash with jq, and the same as a program that goes on running),
// each with a right and a wrong rule, are asked in one scenario of each topic, or
// in every scenario with -all. Ten such runs at once are of the core scenarios.
//
// Before that it makes 10,000 exchanges with addresses that work, in labs whose
// neighbours have to be resolved each time, and counts those that did not work:
// the labs give a neighbour up after two hundredths of a second.
//
// It prints the results that it compared, those that differ, and the errors by
// kind. It fails if one result differs, if one exchange did not work, if more than
// one in 10,000 results is an error, or if the quiet run has an error.
package main
