// Command bench measures how fast passtlab is: the phases of one lab, labs per
// second, the whole corpus against all built-in selectors, and, in the same run
// on the same machine, scripts/by-hand.sh, which finds out the same thing the
// way it is done without passtlab. Generated corpora of up to 2,000 scenarios show
// whether the time per scenario grows.
//
// Times are medians over several runs, with the slowest beside them. Everything
// measured includes the negatives: a candidate that does not work is waited for
// until the kernel says so. A lab that fails fails the benchmark.
//
// It needs root, for the script, and is run from the repository's root folder,
// usually by `make bench`.
package main
