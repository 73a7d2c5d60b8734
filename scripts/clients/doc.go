// Command clients writes the page that says what each client sets on a guest
// behind passt, and which built-in selectors are right there. It measures by
// "passtlab run --client", and by "passtlab run" in scenarios that name their
// clients. It fails when a client is missing, or when talos-v3 is wrong with any
// client.
package main
