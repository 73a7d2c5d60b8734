package scenarios

import "context"

// Renew makes the guest renew its lease (RFC 8415 18.2.4). After NotOnLink the client
// drops the lease and asks for another. It has no parameters.
type Renew struct{}

func (*Renew) Play(ctx context.Context, lab Lab) error {
	if len(lab.Lease()) == 0 {
		return never("", "a lease", "play dhcpv6 before it", "there is no lease")
	}
	if err := connected(lab, ""); err != nil {
		return err
	}
	return lab.Renew(ctx)
}
