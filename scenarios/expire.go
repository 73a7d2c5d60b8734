package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// maxExpiry is how long a scenario may wait for an address to expire, in real time.
const maxExpiry = 10 * time.Second

// twoHours is the lower bound, in seconds, to which an advertisement shortens a valid
// lifetime (RFC 4862 5.5.3 e).
const twoHours = 7200

// Expire waits, in real time, for the end of a short valid lifetime.
type Expire struct {
	// Of is an origin or an address whose valid lifetime is short.
	Of Target `yaml:"of" required:"true" bare:"true"`
}

func (*Expire) lasts() time.Duration { return maxExpiry }

// Play waits until the kernel has removed the addresses. An address that the guest had
// and has no more has expired.
func (e *Expire) Play(ctx context.Context, lab Lab) error {
	as, err := there(lab, "of", e.Of)
	if err != nil {
		if lab.Had(e.Of) {
			return nil
		}
		return err
	}
	var gone []netip.Addr
	for _, a := range as {
		why := ""
		switch {
		case a.Valid == endless:
			why = "has no end that is near"
		case a.Valid > twoHours-60 && a.Valid <= twoHours:
			why = "is not made shorter than two hours by an advertisement (RFC 4862 5.5.3 e)"
		case time.Duration(a.Valid)*time.Second > maxExpiry:
			why = fmt.Sprintf("is %d seconds", a.Valid)
		}
		if why != "" {
			return never("of", fmt.Sprintf("a valid lifetime of at most %.0f seconds from the start", maxExpiry.Seconds()),
				"set valid in the event that forms it, or name one address", "the valid lifetime of %s %s", a.Addr(), why)
		}
		gone = append(gone, a.Addr())
	}
	return lab.AwaitGone(ctx, gone...)
}
