// Command soak looks for verdicts that depend on load. It runs the corpus on a
// quiet machine, then beside busy loops on all cores, with 64 labs in parallel and as
// ten runs at once, and compares every result with that of the quiet run.
//
//	go run ./scripts/soak -for 10m
//
// It asks built-in selectors in every scenario. It asks programs in one scenario of
// each topic, or in every scenario with -all: a static program, bash with jq, and
// bash as a program that runs on, each with a right and a wrong rule. Ten runs at
// once are of the core scenarios.
//
// Before that it makes 10,000 exchanges with addresses that work, in labs whose
// neighbours have to be resolved each time: a lab gives a neighbour up after 20 ms.
//
// It fails if one result differs, if one exchange does not work, if more than one in
// 10,000 results is an error, or if the quiet run has an error.
package main
