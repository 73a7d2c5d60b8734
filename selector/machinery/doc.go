// Package machinery reads Talos machine configurations and tries patches of them with
// Talos' own pkg/machinery. Which documents and keys are valid differs by version, so
// every version is a program of its own, which package adapters builds: the adapter
// talos-config.
package machinery
