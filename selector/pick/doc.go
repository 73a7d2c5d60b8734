// Package pick says what selectors would pick on a node and why, from an
// observation of that node or from one that was saved.
//
// It does not judge: an observation does not show whether an address works. Where the
// kernel's order of addresses decides and is not known, it has an answer for each
// order.
//
// Talos and the models of it, which are the selectors called talos-… and talos@…, are
// asked with the subnets that Talos takes by default, where none are given. If the file
// says which addresses Talos itself has chosen, the report compares them with what the
// model predicts.
package pick
