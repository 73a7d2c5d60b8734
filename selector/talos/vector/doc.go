// Package vector reads docs/talos-vectors.json: sets of addresses, and the order in which
// each of Talos' algorithms puts them. Any implementation can be run against the file;
// docs/talos-vectors.schema.json is made of the types here.
package vector
