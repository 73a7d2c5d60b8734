// Package pick says what selectors would pick on a node and why, from an
// observation of that node or from one that was saved.
//
// It asks and does not judge: whether an address works can be measured, in a
// lab or between two nodes, and cannot be read off an observation. What a file
// does not say is said to be unknown. Where the kernel's order of addresses is
// not known and decides, every answer is given with the order it belongs to.
package pick
