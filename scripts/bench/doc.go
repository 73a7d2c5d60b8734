// Command bench measures how fast passtlab is: the phases of one lab, labs per
// second, and the whole corpus against all built-in selectors. In the same run it
// measures scripts/by-hand.sh, which answers the same question without passtlab.
// Generated corpora of up to 2,000 scenarios show whether the time per scenario
// grows.
//
// Times are medians over several runs, with the slowest beside them. They include
// the negatives: a lab waits until the kernel says that an address does not work.
// A lab that fails fails the benchmark.
//
// It needs root, for the script, and is run from the repository's root folder,
// usually by `make bench`.
package main
