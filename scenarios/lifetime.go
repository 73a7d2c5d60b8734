package scenarios

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/strict"
)

// lifetimes refuses those of which the preferred one is the longer.
func (w *walk) lifetimes(path string, valid, preferred Lifetime, so string) bool {
	if valid == "" || preferred == "" || preferred.Seconds(0) <= valid.Seconds(0) {
		return true
	}
	w.fault(strict.Join(path, "preferred"), "at most "+string(valid)+", the valid lifetime", "correct one of them", "is longer than valid: %s", so)
	w.doubt = true
	return false
}

// deprecate ends preferred lifetimes.
func (w *walk) deprecate(path string, t Target) {
	hs := w.there(path, t)
	if len(hs) == 0 {
		return
	}
	if slices.ContainsFunc(hs, func(h *held) bool { return h.origin == OriginSLAAC }) {
		if !w.connected(path, EventDeprecate) {
			return
		}
		if w.acceptRA == Off {
			w.never(path, EventDeprecate, "accept_ra to be on", "play {accept_ra: on} before it", "the guest takes no advertisement, which says so")
			return
		}
	}
	for _, h := range hs {
		h.deprecated = true
		for i := range w.held {
			if o := &w.held[i]; o.origin == OriginTemporary && h.origin == OriginSLAAC && o.addr == h.addr.Masked() {
				o.deprecated = true
			}
		}
	}
}

// expire ends valid lifetimes, if they are short enough to wait for.
func (w *walk) expire(path string, t Target) {
	if !slices.Contains(w.Labels, "slow") {
		w.fault(path, "the label slow", "add slow to labels", "expire takes real time")
	}
	hs := w.there(path, t)
	if len(hs) == 0 {
		return
	}
	var gone []held
	for _, h := range hs {
		if h.valid <= longWait || h.maybe {
			gone = append(gone, *h)
			continue
		}
		why := "has no end that is near"
		if h.valid == twoHours {
			why = "is not made shorter than two hours by an advertisement (RFC 4862 5.5.3 e)"
		} else if h.valid != endless {
			why = fmt.Sprintf("is %d seconds", h.valid)
		}
		w.never(path, EventExpire, fmt.Sprintf("a valid lifetime of at most %d seconds from the start", longWait),
			"say valid in the event that forms it, or name one address", "the valid lifetime of %s %s", h.addr.Addr(), why)
		return
	}
	for _, g := range gone {
		w.remove(func(h held) bool { return h == g })
		if g.addr == w.lease {
			w.lease = netip.Prefix{}
		}
	}
	for i := range w.held {
		if h := &w.held[i]; h.origin == OriginTemporary && h.valid <= longWait {
			h.maybe = true
		}
	}
}
