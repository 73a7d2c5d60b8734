// Package reproduce makes a scenario of what somebody has seen of a guest, so that a field
// report becomes a lab.
//
// It says how the guest got each address, from flags, prefix length and identifier: by
// SLAAC (RFC 4862 5.5.3) from passt's advertisement or another router's, as a lease, by
// hand, as a virtual or a temporary address (RFC 8981). The order of arrival is the
// kernel's list backwards. What the input does not say is a guess, with its reason, in the
// comments of the scenario; what no scenario can have is listed there too.
//
// Make measures the scenario, compares the guest with the input, and fills in what works
// and which selectors pass and fail.
//
// Not modelled: how the guest got there. Of a history, such as a migration, only the
// addresses at the end are known. IPv4, routes but for the default one, and links without
// a global IPv6 address are left out.
package reproduce
