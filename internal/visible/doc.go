// Package visible escapes characters that would control a terminal or mislead a
// reader: control characters (C0, C1 and DEL), bidirectional and other format
// characters, line separators, unassigned characters, and bytes that are not UTF-8.
// They become \x1b, \u202e and so on, as in Go. A backslash stays.
package visible
