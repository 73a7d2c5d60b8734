package passt

// Resume takes from last what a live migration carries over since 2025_02_17
// (Behaviour.StateCarried): the addresses seen and the guest's MAC.
func (e *Engine) Resume(last *Engine) {
	e.guest, e.seen, e.seenLL = last.guest, last.seen, last.seenLL
}

// AnswerDHCPv6 turns answers by DHCPv6 on or off, as --no-dhcpv6 does at the start. It
// returns whether they were on.
func (e *Engine) AnswerDHCPv6(on bool) (was bool) {
	was, e.cfg.NoDHCPv6 = !e.cfg.NoDHCPv6, !on
	return was
}
