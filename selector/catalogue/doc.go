// Package catalogue reads catalogue.yaml, the list of third-party selectors: the Go
// module of each, its versions, and its documented rule. The versions listed are known
// to build; package adapters builds others too.
package catalogue
