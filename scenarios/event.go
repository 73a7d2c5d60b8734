package scenarios

import "net/netip"

// Event is one step of the timeline: a word alone, or a mapping of the word to
// its parameters. Each step is complete before the next begins.
type Event struct {
	// RA: a router advertisement arrives. Without parameters the guest
	// solicits passt's own (RFC 4861 6.3.7), otherwise it is sent unasked, as
	// said; what is not said is as that router sends it otherwise.
	RA *RA `yaml:"ra,omitempty"`
	// DHCPv6: the guest asks for a lease and installs it (RFC 8415 18.2).
	DHCPv6 *DHCPv6 `yaml:"dhcpv6,omitempty"`
	// Renew: the guest renews its lease (RFC 8415 18.2.4).
	Renew *Renew `yaml:"renew,omitempty"`
	// Router: the RAs of all routers beside passt arrive.
	Router *AllRouters `yaml:"router,omitempty"`
	// Static: addresses are set by hand. Without parameters guest.static is
	// added.
	Static *Static `yaml:"static,omitempty"`
	// VIP: the guest takes or gives up virtual addresses, each a /128.
	// Without parameters guest.vips are added.
	VIP *VIP `yaml:"vip,omitempty"`
	// Conflict: another host on the link has the address already, so that its
	// duplicate address detection fails whenever it is formed from here on
	// (RFC 4862 5.4).
	Conflict *Conflict `yaml:"conflict,omitempty"`
	// Deprecate: the preferred lifetime becomes 0 (RFC 4862 5.5.4).
	Deprecate *Deprecate `yaml:"deprecate,omitempty"`
	// Expire: the valid lifetime, a short one, ends in real time.
	Expire *Expire `yaml:"expire,omitempty"`
	// Renumber: the pod gets another address, and passt, which reads it once,
	// when it starts, goes on as it was.
	Renumber *Renumber `yaml:"renumber,omitempty"`
	// Migrate: the guest is migrated live: another passt takes over, in a pod
	// with the same or another address. The guest is told nothing.
	Migrate *Migrate `yaml:"migrate,omitempty"`
	// Link: the guest's eth0 goes down or up, or loses its carrier.
	Link *Link `yaml:"link,omitempty"`
	// Send: the guest sends to the peer from one of its addresses, to which
	// passt then delivers what comes in.
	Send *Send `yaml:"send,omitempty"`
	// AcceptRA: the guest's sysctl accept_ra of eth0. Unless this event comes
	// first, the first ra or router sets it on.
	AcceptRA *AcceptRA `yaml:"accept_ra,omitempty"`
	// Reboot: the guest starts anew: no address, no route and no program of
	// before is left. What follows configures it again.
	Reboot *Reboot `yaml:"reboot,omitempty"`
	// Checkpoint: the truth table is measured, every selector is asked, and
	// judged. One stands, without being written, at the end.
	Checkpoint *Checkpoint `yaml:"checkpoint,omitempty"`

	// Orders is in which orders the steps of Of are played: all of them, each
	// a scenario of its own, or one that is drawn by the seed of the run.
	Orders Orders `yaml:"orders,omitempty"`
	// Of are the steps that Orders is about.
	Of []Event `yaml:"of,omitempty"`
}

// RA are the parameters of a router advertisement (RFC 4861 4.2).
type RA struct {
	// From is the link-local address of one of the routers. Default: passt's.
	From netip.Addr `yaml:"from" is:"linklocal"`
	// Withdrawn stands for lifetime 0 and preferred 0.
	Withdrawn bool `yaml:"withdrawn,omitempty"`
	// Lifetime is the router lifetime in seconds.
	Lifetime *int `yaml:"lifetime,omitempty" minimum:"0" maximum:"65535"`
	// Preference is the default router preference (RFC 4191 2.2).
	Preference Preference `yaml:"preference,omitempty"`
	// Managed is the M flag.
	Managed *bool `yaml:"managed,omitempty"`
	// Other is the O flag.
	Other *bool `yaml:"other,omitempty"`
	// MTU is the link's (RFC 4861 4.6.4), or 0 for no such option.
	MTU *int `yaml:"mtu,omitempty" minimum:"0" maximum:"65535"`
	// Prefixes stand in place of the router's own.
	Prefixes []netip.Prefix `yaml:"prefixes,omitempty" nonempty:"true" is:"prefix64"`
	// Valid is the valid lifetime of all prefixes.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime of all prefixes. Default: as that
	// router sends it otherwise, and no more than Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
	// Autonomous is the A flag of all prefixes.
	Autonomous *bool `yaml:"autonomous,omitempty"`
	// OnLink is the L flag of all prefixes.
	OnLink *bool `yaml:"onLink,omitempty"`
	// Routes are route information options (RFC 4191 2.3).
	Routes []Route `yaml:"routes,omitempty"`
	// Tentative leaves the new addresses in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

// Route is a route information option (RFC 4191 2.3).
type Route struct {
	// Prefix is the destination.
	Prefix netip.Prefix `yaml:"prefix" required:"true" is:"subnet"`
	// Lifetime of the route. Default: infinite.
	Lifetime Lifetime `yaml:"lifetime,omitempty"`
	// Preference of the route. Default: medium.
	Preference Preference `yaml:"preference,omitempty"`
}

// DHCPv6 are the parameters of a lease.
type DHCPv6 struct {
	// Address is another one than passt would lease, and from here on what
	// it leases. No passt does that: it stands for a restart that the guest
	// does not notice.
	Address netip.Addr `yaml:"address" is:"address"`
	// None leaves the guest's messages unanswered.
	None bool `yaml:"none,omitempty"`
	// Length is the prefix length that the client installs it with. Default:
	// 128, as RFC 8415 21.6 implies.
	Length int `yaml:"length,omitempty" minimum:"1" maximum:"128"`
	// Valid is the valid lifetime that the client installs it with. Default:
	// infinite, as passt leases.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime, likewise. Default: Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
	// Tentative leaves the address in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

// Renew has no parameters: a reply renews the lease, and NotOnLink has the
// client give it up and ask for another.
type Renew struct{}

// AllRouters has no parameters.
type AllRouters struct{}

// Static are changes made by hand. An address that is removed or deprecated is
// there.
type Static struct {
	// Add are addresses to add.
	Add []netip.Prefix `yaml:"add,omitempty" is:"host"`
	// Remove are addresses to remove.
	Remove []netip.Prefix `yaml:"remove,omitempty" is:"host"`
	// Deprecate are addresses whose preferred lifetime becomes 0.
	Deprecate []netip.Prefix `yaml:"deprecate,omitempty" is:"host"`
	// Tentative leaves those added in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

// VIP are changes of the virtual addresses that the guest holds.
type VIP struct {
	// Add are addresses that move here.
	Add []netip.Addr `yaml:"add,omitempty" is:"address"`
	// Remove are addresses that leave.
	Remove []netip.Addr `yaml:"remove,omitempty" is:"address"`
	// Deprecate are addresses whose preferred lifetime becomes 0, as kube-vip
	// has them from the start.
	Deprecate []netip.Addr `yaml:"deprecate,omitempty" is:"address"`
}

// Conflict says which address another host has.
type Conflict struct {
	// With is an origin, slaac or dhcpv6, or an address.
	With Target `yaml:"with" required:"true" bare:"true"`
}

// Deprecate says which addresses are deprecated.
type Deprecate struct {
	// Of is an origin or an address. Those of slaac are deprecated by a router
	// advertisement.
	Of Target `yaml:"of" required:"true" bare:"true"`
}

// Expire says which address expires.
type Expire struct {
	// Of is an origin or an address whose valid lifetime is short.
	Of Target `yaml:"of" required:"true" bare:"true"`
}

// Renumber is the pod's new address.
type Renumber struct {
	// Address is the pod's from here on, with the length of its prefix.
	Address netip.Prefix `yaml:"address" required:"true" bare:"true" is:"host"`
	// Gateway is the pod's new default router. Default: the old one.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// Keep leaves the pod its old address beside the new one.
	Keep bool `yaml:"keep,omitempty"`
}

// Migrate is where the guest is migrated to.
type Migrate struct {
	// Address is the new pod's. Default: that of the old one.
	Address netip.Prefix `yaml:"address" bare:"true" is:"host"`
	// Gateway is the new pod's default router. Default: the old one's.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// State says whether the addresses that passt has seen are carried over.
	// Default: carried since 2025_02_17, lost before.
	State State `yaml:"state,omitempty"`
}

// Link is a state of the guest's eth0.
type Link struct {
	// State is what it becomes.
	State LinkState `yaml:"state" required:"true" bare:"true"`
}

// Send says where the guest sends from.
type Send struct {
	// From is an origin or an address.
	From Target `yaml:"from" required:"true" bare:"true"`
}

// AcceptRA is a value of the sysctl accept_ra.
type AcceptRA struct {
	// Value is whether the kernel takes router advertisements.
	Value Switch `yaml:"value" required:"true" bare:"true"`
}

// Reboot has no parameters.
type Reboot struct{}

// Checkpoint is where selectors are asked.
type Checkpoint struct {
	// Name is how reports call it: lower-case letters, digits and hyphens.
	Name string `yaml:"name" required:"true" bare:"true" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"lower-case letters, digits and single hyphens"`
	// Reachable is what works there, as in expect. Required, unless Judge is
	// false.
	Reachable []Target `yaml:"reachable" required:"true" unless:"judge"`
	// Judge false only asks: selectors that remember do so, and no choice is
	// wrong yet.
	Judge *bool `yaml:"judge,omitempty"`
	// Within bounds the time from the last step to the right choice. Default:
	// no bound but that of the answer.
	Within Duration `yaml:"within,omitempty"`
}

// bare reports whether s names no address, and so stands for guest.static.
func (s *Static) bare() bool { return len(s.Add)+len(s.Remove)+len(s.Deprecate) == 0 }

// bare reports whether v names no address, and so stands for guest.vips.
func (v *VIP) bare() bool { return len(v.Add)+len(v.Remove)+len(v.Deprecate) == 0 }

// Kind is the word for the event. It is empty for none.
func (e Event) Kind() Kind {
	switch {
	case e.RA != nil:
		return EventRA
	case e.DHCPv6 != nil:
		return EventDHCPv6
	case e.Renew != nil:
		return EventRenew
	case e.Router != nil:
		return EventRouter
	case e.Static != nil:
		return EventStatic
	case e.VIP != nil:
		return EventVIP
	case e.Conflict != nil:
		return EventConflict
	case e.Deprecate != nil:
		return EventDeprecate
	case e.Expire != nil:
		return EventExpire
	case e.Renumber != nil:
		return EventRenumber
	case e.Migrate != nil:
		return EventMigrate
	case e.Link != nil:
		return EventLink
	case e.Send != nil:
		return EventSend
	case e.AcceptRA != nil:
		return EventAcceptRA
	case e.Reboot != nil:
		return EventReboot
	case e.Checkpoint != nil:
		return EventCheckpoint
	case e.Orders != "":
		return EventOrders
	}
	return ""
}

// Kind is what happens in an event.
type Kind string

// The kinds of events; see Event.
const (
	EventRA         Kind = "ra"
	EventDHCPv6     Kind = "dhcpv6"
	EventRenew      Kind = "renew"
	EventRouter     Kind = "router"
	EventStatic     Kind = "static"
	EventVIP        Kind = "vip"
	EventConflict   Kind = "conflict"
	EventDeprecate  Kind = "deprecate"
	EventExpire     Kind = "expire"
	EventRenumber   Kind = "renumber"
	EventMigrate    Kind = "migrate"
	EventLink       Kind = "link"
	EventSend       Kind = "send"
	EventAcceptRA   Kind = "accept_ra"
	EventReboot     Kind = "reboot"
	EventCheckpoint Kind = "checkpoint"
	EventOrders     Kind = "orders"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{EventRA, EventDHCPv6, EventRenew, EventRouter, EventStatic, EventVIP, EventConflict, EventDeprecate,
		EventExpire, EventRenumber, EventMigrate, EventLink, EventSend, EventAcceptRA, EventReboot, EventCheckpoint, EventOrders}
}

// Plain returns the events of kinds that need no parameters.
func Plain(kinds ...Kind) []Event {
	words := map[Kind]Event{
		EventRA: {RA: &RA{}}, EventDHCPv6: {DHCPv6: &DHCPv6{}}, EventRenew: {Renew: &Renew{}},
		EventRouter: {Router: &AllRouters{}}, EventStatic: {Static: &Static{}}, EventVIP: {VIP: &VIP{}},
		EventMigrate: {Migrate: &Migrate{}}, EventReboot: {Reboot: &Reboot{}},
	}
	var es []Event
	for _, k := range kinds {
		es = append(es, words[k])
	}
	return es
}
