// Package builtin lists the selectors that come with passtlab, and finds one by
// its name. Some of them are wrong on purpose: they prove scenarios and checks that
// no other selector passes or fails.
package builtin
