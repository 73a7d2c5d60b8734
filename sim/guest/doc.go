// Package guest configures the virtual machine's namespace the way a guest
// system does: SLAAC by the kernel (RFC 4862), with duplicate address
// detection really done, and a lease from an in-process DHCPv6 client
// (RFC 8415), which installs it as a permanent /128, as Talos does.
//
// Settings only shorten waits that teach nothing. RetransTimer is 10 ms
// instead of 1 s, the random delay before the first solicitation is off, and
// the number of solicitations is raised, so that resolution still holds out
// for three seconds. The order and the kind of all frames and all flags of the
// resulting addresses are the kernel's own.
//
// The kernel solicits routers only when a link comes up. So that a scenario
// can say when the advertisement arrives, the guest starts with accept_ra off
// and sends the solicitation itself, in the kernel's form (RFC 4861 4.1).
//
// Not modelled here: renewal. passt's lifetimes are infinite.
package guest
