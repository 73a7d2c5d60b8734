// Package backend has what is between pod and guest. That is a passt of one of two kinds:
// the simulation, made of the engine (package passt) and the translation (package plane),
// or the real program behind a bridge. In a network without passt it is the guest's link,
// with its routers and its DHCPv6 server (Link). All report at once when they end by
// themselves (Site.Died).
package backend
