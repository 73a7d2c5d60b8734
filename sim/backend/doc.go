// Package backend has what stands between pod and guest: the simulated passt,
// made of the engine (package passt) and the translation (package plane), or the
// real program behind a bridge.
//
// A backend that dies says so at once (Site.Died).
package backend
