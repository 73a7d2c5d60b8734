// Package builtin has the selectors that come with passtlab. Some are wrong on
// purpose: they prove scenarios and checks that no other selector fails.
package builtin
