package scenarios

import "context"

// Renew has the guest renew its lease (RFC 8415 18.2.4). A reply renews the lease,
// and NotOnLink has the client give it up and ask for another. It has no
// parameters.
type Renew struct{}

func (*Renew) Play(ctx context.Context, lab Lab) error {
	if !lab.Lease().IsValid() {
		return never("", "a lease", "play dhcpv6 before it", "there is no lease")
	}
	if err := connected(lab, ""); err != nil {
		return err
	}
	return lab.Renew(ctx)
}
