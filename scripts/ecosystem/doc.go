// Command ecosystem writes the page that says which released components pick a
// working address behind passt: every selector of the catalogue, at every
// version listed, in a few scenarios. What is on the page was measured by
// "passtlab run" just before.
package main
