// Package pick says what selectors would pick on a node and why, from an
// observation of that node or from one that was saved.
//
// It does not judge: an observation does not show whether an address works. Where the
// kernel's order of addresses decides and is not known, it has an answer for each
// order.
package pick
