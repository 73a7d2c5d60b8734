package scenarios

import "context"

// AllRouters makes the router advertisements of all routers except passt arrive. It
// has no parameters.
type AllRouters struct{}

func (*AllRouters) check(c at) {
	if len(c.Routers) == 0 {
		c.never("", "routers to be given", "add routers, or remove the event", "the file has no router")
	}
}

func (*AllRouters) Play(ctx context.Context, lab Lab) error {
	if err := connected(lab, ""); err != nil {
		return err
	}
	for _, r := range lab.Scenario().Routers {
		if err := lab.Advertise(ctx, RA{From: r.LinkLocal}); err != nil {
			return err
		}
	}
	return nil
}
