// Package builtin lists the selectors that come with passtlab, and finds one by
// its name.
//
// Beside those that people may want to know about there are a few that are
// wrong on purpose. A scenario is proved by a selector that passes and one that
// fails; where no other one passes or fails, it names one of these. They are
// also what shows that each check can fail.
package builtin
