// Package backend has the two kinds of passt between pod and guest: the simulation, made
// of the engine (package passt) and the translation (package plane), and the real program
// behind a bridge. Both report at once when they end by themselves (Site.Died).
package backend
