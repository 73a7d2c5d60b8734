// Package catalogue lists the third-party selectors that come as adapters:
// which module each asks, at which versions, and by which documented rule. It reads
// catalogue.yaml strictly. The versions listed are known to resolve; others can be
// built too (package adapters).
package catalogue
