// Package golden compares the output of a test with a file that a person has checked,
// and prints JSON Schemas for such files.
package golden
