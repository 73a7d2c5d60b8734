package guest

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"sync"
	"time"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/userns"
)

// Client is a program that configures guests out in the field.
type Client struct {
	Name scenarios.Client
	// Package is what Debian and Ubuntu call the package that has it.
	Package string
	// RA says that it takes router advertisements itself, in place of the
	// kernel, and decides when it asks for a lease.
	RA bool
	// Quits says that it ends when it has configured the guest.
	Quits bool
	// Greedy says that it cannot be told to leave the lease an advertisement
	// offers (RFC 4861 4.2, the M flag).
	Greedy bool

	path      string
	version   func() (string, error)
	programs  []string // its names, and where it is if not in PATH
	configure func(settings) child.Spec
}

// settings are what a client is told. Everything else is its own default.
type settings struct {
	link       string
	ra, dhcpv6 bool
}

// NoClientError says that a client is not installed.
type NoClientError struct{ Client *Client }

func (e *NoClientError) Error() string {
	return fmt.Sprintf("%s is not installed; as root: apt-get install %s", e.Client.Name, e.Client.Package)
}

// FindClient returns the client of a name, nil for the kernel.
func FindClient(name scenarios.Client) (*Client, error) {
	if name == scenarios.ClientKernel || name == "" {
		return nil, nil
	}
	for _, find := range clients {
		c, path := find()
		switch {
		case c.Name != name:
		case path == "":
			return nil, &NoClientError{c}
		default:
			return c, nil
		}
	}
	return nil, fmt.Errorf("find client %s: nobody knows it", name)
}

// Version is the program's own word for it, such as "4.4.3-P1".
func (c *Client) Version() (string, error) { return c.version() }

// clients find each client once.
var clients = finders(known)

func finders(cs []Client) (all []func() (*Client, string)) {
	for _, c := range cs {
		all = append(all, sync.OnceValues(func() (*Client, string) {
			for _, p := range c.programs {
				if path, err := exec.LookPath(p); err == nil {
					c.path = path
					break
				}
			}
			c.version = sync.OnceValues(c.ask)
			return &c, c.path
		}))
	}
	return all
}

var versionNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)*(-P[0-9]+)?`)

func (c *Client) ask() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, "--version")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("run %s --version: %w: %.200s", c.path, err, out)
	}
	v := versionNumber.FindString(string(out))
	if v == "" {
		return "", fmt.Errorf("run %s --version: no version in %.200q", c.path, out)
	}
	return v, nil
}

// Outcome is what a client is to bring about. A part that is zero is not asked
// for.
type Outcome struct {
	Advertised
	// Lease is the address that it will be given by DHCPv6.
	Lease netip.Addr
}

// Configure starts the client and waits until all of o is there and usable.
// The client runs until Close, if it does not end by itself.
func (g *Guest) Configure(ctx context.Context, c *Client, o Outcome) (err error) {
	defer func() {
		// A client that needs them says it in its own words, or not at all.
		if missing := userns.Require(c.Name); err != nil && missing != nil {
			err = fmt.Errorf("%w; %w", err, missing)
		}
	}()
	ra := o.Router.IsValid()
	if o.Lease.IsValid() {
		g.origins[o.Lease] = scenarios.OriginDHCPv6
	}
	spec := c.configure(settings{link: g.Link, ra: ra, dhcpv6: o.Lease.IsValid()})
	spec.Path, spec.Net, spec.Fresh = c.path, g.NS, true
	spec.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	g.client, g.process = c, child.Start(spec)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !c.Quits {
		defer g.process.OnEnd(cancel)()
	} else if err := g.awaitEnd(ctx); err != nil {
		return err
	}
	if ra {
		if err := g.AwaitRA(ctx, o.Advertised); err != nil {
			return err
		}
	}
	if !o.Lease.IsValid() {
		return nil
	}
	return g.await(ctx, "lease "+o.Lease.String(), func(a link.Address) bool { return a.Prefix.Addr() == o.Lease })
}

// awaitEnd waits until the client has ended by itself, well.
func (g *Guest) awaitEnd(ctx context.Context) error {
	select {
	case <-g.process.Ended():
		return g.Close()
	case <-ctx.Done():
		return fmt.Errorf("await the end of %s in %s: %w", g.client.Name, g.NS.Name(), context.Cause(ctx))
	}
}

// Close ends the client, if one was started. The error says that it had ended
// by itself, unless that is its way.
func (g *Guest) Close() error {
	if g.process == nil {
		return nil
	}
	if err := g.process.Close(); err != nil && !(g.client.Quits && g.process.Succeeded()) {
		return fmt.Errorf("configure %s: %w", g.NS.Name(), err)
	}
	return nil
}
