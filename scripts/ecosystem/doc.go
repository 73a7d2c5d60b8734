// Command ecosystem writes the page that says which released components pick a
// working address behind passt. It measures every selector of the catalogue, at
// every version listed, by "passtlab run" in a few scenarios.
package main
