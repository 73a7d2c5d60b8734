// Package catalogue lists the third-party selectors that come as adapters:
// which module each asks, at which versions, and by which documented rule.
//
// catalogue.yaml is the list. It is read strictly: unknown keys, missing ones
// and versions that are no exact ones are errors. The versions listed are known
// to resolve; others can be built too.
//
// Nothing is built or run here: see package adapters.
package catalogue
