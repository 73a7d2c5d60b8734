// Package dhcpserver has a DHCPv6 server for one client (RFC 8415): what it answers to a
// message. It is the server of a link without passt. Its leases are those of a scenario.
//
// Not modelled: a pool, several clients, prefix delegation (IA_PD), temporary addresses
// (IA_TA), Rapid Commit, authentication and relays.
package dhcpserver
