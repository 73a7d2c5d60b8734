package scenarios

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/strict"
)

// A walk goes through the timeline, step by step, and refuses what cannot
// happen at that point.
type walk struct {
	checker
	guest
	pod, gateway netip.Addr
	bits         int
	leases       netip.Addr // by passt, as it is now
	conflicts    []*claim
	moments      []moment // the checkpoints
	formed       bool     // an address by SLAAC, at any time
	doubt        bool     // something was refused: from here on all is possible
	clash        bool     // the file gives an address to two, and was told so
}

// A claim is an address that another host has.
type claim struct {
	target Target // which it is
	said   Target // what the file says
	path   string
	met    bool // by the guest's
}

// A moment is a checkpoint and the guest there.
type moment struct {
	Checkpoint
	guest
	certain bool
}

// where says in words which checkpoint it is.
func (m moment) where() string {
	if m.Name == EndCheckpoint {
		return "at the end"
	}
	return "at " + m.Name
}

// walk returns the checkpoints of the timeline, or none where it is not known
// well enough to tell what happens.
func (c checker) walk(clash bool) []moment {
	if !c.Sound("events", "pod", "passt", "guest", "routers", "second", "labels") {
		return nil
	}
	w := &walk{checker: c, guest: boot(c.Scenario), pod: c.Pod.Address.Addr(), bits: c.Pod.Address.Bits(), gateway: c.Pod.Gateway, leases: c.Leased(), clash: clash}
	for _, s := range c.steps {
		w.step(s)
	}
	if last := c.steps[len(c.steps)-1]; last.Checkpoint != nil {
		w.fault(last.path, "a last event that changes something", "remove it; say in expect what it says", "the end is a checkpoint anyway")
	}
	for _, cl := range w.conflicts {
		if !cl.met && w.certain() {
			w.fault(cl.path, "an event after it that forms the address", "move it before that event, or remove it",
				"conflict has no effect: %s is not formed from here on", cl.said)
		}
	}
	if w.Guest.TempAddr > 0 && !w.formed && w.certain() {
		w.fault("guest.tempaddr", "SLAAC, which temporary addresses are made by (RFC 8981 3.3)",
			"set passt.autonomous to true and play ra, or leave guest.tempaddr out", "has no effect here")
	}
	if slow := "slow"; slices.Contains(w.Labels, slow) && !w.Plays(EventExpire) {
		i := slices.Index(w.Labels, slow)
		w.fault(fmt.Sprintf("labels[%d]", i), "the event expire, which takes real time", "remove the label", "nothing is slow here")
	}
	if c.Sound("expect.reachable") {
		w.checkpoint("expect", Checkpoint{Name: EndCheckpoint, Reachable: c.Expect.Reachable, Within: c.Expect.Within})
	} else {
		w.moments = append(w.moments, moment{Checkpoint{Name: EndCheckpoint}, w.guest.clone(), w.certain()})
	}
	return w.moments
}

// certain reports whether it is known what the guest has: of the kernel alone
// it is, as long as nothing was refused.
func (w *walk) certain() bool { return w.Guest.Client == ClientKernel && !w.doubt }

// step plays an event.
func (w *walk) step(s step) {
	path := strict.Join(s.path, string(s.Kind()))
	switch {
	case s.RA != nil:
		w.ra(path, s.RA)
	case s.DHCPv6 != nil:
		w.dhcpv6(path, s.DHCPv6)
	case s.Renew != nil:
		w.renew(path)
	case s.Router != nil:
		w.router(path)
	case s.Static != nil:
		w.static(path, s.Static)
	case s.VIP != nil:
		w.vip(path, s.VIP)
	case s.Conflict != nil:
		w.conflict(strict.Join(path, "with"), s.Conflict.With)
	case s.Deprecate != nil:
		w.deprecate(strict.Join(path, "of"), s.Deprecate.Of)
	case s.Expire != nil:
		w.expire(strict.Join(path, "of"), s.Expire.Of)
	case s.Renumber != nil:
		w.renumber(path, s.Renumber)
	case s.Migrate != nil:
		w.migrate(path, s.Migrate)
	case s.Link != nil:
		w.link(strict.Join(path, "state"), s.Link.State)
	case s.Send != nil:
		w.send(strict.Join(path, "from"), s.Send.From)
	case s.AcceptRA != nil:
		w.acceptRA = s.AcceptRA.Value
	case s.Reboot != nil:
		before := w.guest
		w.guest = boot(w.Scenario)
		w.ever, w.carrier = before.ever, before.carrier
	case s.Checkpoint != nil:
		switch at := strict.Join(path, "name"); {
		case s.Checkpoint.Name == EndCheckpoint:
			w.fault(at, "another name", "rename it, or say in expect what it says", "end is the name of the checkpoint at the end, which is not written")
		case slices.ContainsFunc(w.moments, func(m moment) bool { return m.Name == s.Checkpoint.Name }):
			w.fault(at, "a name of its own", "rename one of them", "%s is the name of a checkpoint before it", s.Checkpoint.Name)
		}
		w.checkpoint(path, *s.Checkpoint)
	}
}

// never says that an event cannot happen.
func (w *walk) never(path string, k Kind, expected, next, format string, a ...any) {
	w.fault(path, expected, next, "%s cannot happen: %s", k, fmt.Sprintf(format, a...))
	w.doubt = true
}

// connected refuses an event that needs the link.
func (w *walk) connected(path string, k Kind) bool {
	switch {
	case !w.up:
		w.never(path, k, "a link that is up", "play {link: up} before it", "the link is down")
	case !w.carrier:
		w.never(path, k, "a link with a carrier", "play {link: carrier-back} before it", "the link has no carrier")
	}
	return w.up && w.carrier
}

// absent says that the guest has no such address, and how it would come by one.
func (w *walk) absent(path string, t Target) {
	next := "add what forms it before, or correct it"
	switch {
	case (t.Origin == OriginSLAAC || t.Origin == OriginTemporary) && w.acceptRA == Off:
		next = "set accept_ra on before the advertisement"
	case t.Origin == OriginTemporary && w.Guest.TempAddr == 0:
		next = "set guest.tempaddr to 1 or 2"
	}
	is := "is not there"
	if t.Addr.IsValid() && slices.Contains(w.ever, t.Addr) {
		is = "is not there any more"
	}
	if t.Addr.IsValid() {
		w.fault(path, "an address that the guest has at that point", next, "%s %s", t.Addr, is)
		return
	}
	w.fault(path, "an origin of which the guest has an address at that point", next, "no address of origin %s is there", t.Origin)
}

// there returns the addresses that t means, and refuses none.
func (w *walk) there(path string, t Target) []*held {
	hs := w.named(t)
	if len(hs) == 0 && w.certain() {
		w.absent(path, t)
	}
	return hs
}

// taken reports, and tells of, an address that is somebody's already.
func (w *walk) taken(path string, a netip.Addr) bool {
	who := ""
	switch h := w.find(a); {
	case h != nil && !h.maybe:
		who = "the guest has it already, by " + string(h.origin)
	case a == w.gateway:
		who = "it is the gateway's"
	case w.Second != nil && a == w.Second.Address.Addr():
		who = "it is the second guest's"
	default:
		return false
	}
	if !w.clash {
		w.fault(path, "an address that nobody has", "take another one", "%s cannot be added: %s", a, who)
	}
	w.doubt = true
	return true
}

// contested reports whether another host has an address that the guest forms.
func (w *walk) contested(a netip.Addr, o Origin) (is bool) {
	for _, cl := range w.conflicts {
		if cl.target.Names(a, o) {
			cl.met, is = true, true
		}
	}
	return is
}

// conflict has another host claim what the guest forms later.
func (w *walk) conflict(path string, t Target) {
	switch t.Origin {
	case OriginStatic, OriginVIP, OriginTemporary:
		w.fault(path, "slaac, dhcpv6, or an address", "name the address", "%s does not say which address", t)
		return
	}
	is := t
	if t.Origin == OriginDHCPv6 && w.leases.IsValid() {
		is = Target{Addr: w.leases}
	}
	w.conflicts = append(w.conflicts, &claim{is, t, path, false})
}

// link changes the state of eth0.
func (w *walk) link(path string, s LinkState) {
	never := func(format string, a ...any) {
		w.never(path, EventLink, "a state that is another one", "remove it, or play what it undoes", format, a...)
	}
	switch {
	case s == LinkUp && w.up:
		never("the link is up")
	case s != LinkUp && !w.up:
		never("the link is down")
	case s == LinkCarrierLost && !w.carrier:
		never("the carrier is lost already")
	case s == LinkCarrierBack && w.carrier:
		never("the carrier is there")
	case s == LinkDown:
		w.up = false
		w.clear()
	case s == LinkUp:
		w.up = true
		w.solicit(false)
	case s == LinkCarrierLost:
		w.carrier = false
	case s == LinkCarrierBack:
		w.carrier = true
		w.solicit(true)
	}
}

// send has the guest send from one of its addresses.
func (w *walk) send(path string, t Target) {
	if !w.connected(path, EventSend) {
		return
	}
	if hs := w.there(path, t); len(hs) > 0 && !slices.ContainsFunc(hs, func(h *held) bool { return h.usable() }) {
		w.never(path, EventSend, "an address that can be used", "choose another", "%s %s", t, hs[0].why())
	}
}

// why says in words why it is not usable.
func (h held) why() string {
	if h.failed {
		return "failed duplicate address detection"
	}
	return "is still in duplicate address detection"
}

// checkpoint keeps what the guest has, and looks for what cannot be reached.
func (w *walk) checkpoint(path string, cp Checkpoint) {
	for i, t := range cp.Reachable {
		at := fmt.Sprintf("%s.reachable[%d]", path, i)
		switch hs := w.there(at, t); {
		case len(hs) == 0:
		case !slices.ContainsFunc(hs, func(h *held) bool { return h.usable() }):
			w.fault(at, "an address that can be used", "remove it", "%s cannot be reached: it %s", t, hs[0].why())
		case !w.up:
			w.fault(at, "[] while the link is down", "remove it, or play {link: up} before", "%s cannot be reached: the link is down", t)
		case !w.carrier:
			w.fault(at, "[] without a carrier", "remove it, or play {link: carrier-back} before", "%s cannot be reached: the link has no carrier", t)
		}
	}
	w.moments = append(w.moments, moment{cp, w.guest.clone(), w.certain()})
}
