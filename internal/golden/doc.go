// Package golden compares the output of a test with a file that a person has checked.
package golden
