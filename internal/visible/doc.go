// Package visible escapes characters that would drive a terminal or mislead a
// reader: control characters (C0, C1 and DEL), bidirectional and other format
// characters, line separators, what Unicode has not assigned, and bytes that are no
// UTF-8. They become \x1b, \u202e and the like, as in Go. A backslash itself stays.
package visible
