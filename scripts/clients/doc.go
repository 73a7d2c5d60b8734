// Command clients writes the page that says what each client sets on a guest
// behind passt, and which built-in selectors are right there. What is on the
// page was measured just before by "passtlab run --client", and by "passtlab
// run" in scenarios that name their clients. It ends with an error when a client
// is missing, or when the selector that is meant to be right with every client
// is not.
package main
