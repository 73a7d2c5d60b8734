package guest

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/userns"
)

// Client is a program that configures real guests.
type Client struct {
	Name    scenarios.Client
	Package string // its package in Debian and Ubuntu
	// RA says that the client takes router advertisements itself, instead of the
	// kernel, and decides when it requests a lease.
	RA bool
	// Quits says that the client ends when it has configured the guest.
	Quits bool
	// Greedy says that the client always requests the lease that an advertisement
	// offers (RFC 4861 4.2, the M flag).
	Greedy bool
	// Addressed says that the client adds a default route only once it has an address.
	Addressed bool
	// Stale says that the client keeps the lease on its disk although passt says that it
	// is not on the link. passt has the status in the IA_NA. The reply to CONFIRM has it
	// outside (RFC 8415 18.3.3), and the client looks for it there.
	Stale bool

	path      string
	programs  []string // its names, and its path if that is not in PATH
	configure func(settings) child.Spec
}

// settings of a client. All others keep the client's defaults.
type settings struct {
	link       string
	ra, dhcpv6 bool
	gen        scenarios.AddrGen
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
	i := slices.IndexFunc(known, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("find client %s: there is no such client", name)
	}
	c := known[i]
	for _, p := range c.programs {
		if path, err := exec.LookPath(p); err == nil {
			c.path = path
			return &c, nil
		}
	}
	return nil, &NoClientError{&c}
}

// versions has the function Version of each path, which asks the program once.
var versions sync.Map

// Version returns the version that the program prints, such as "4.4.3-P1".
func (c *Client) Version() (string, error) {
	ask, _ := versions.LoadOrStore(c.path, sync.OnceValues(c.ask))
	return ask.(func() (string, error))()
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

// Outcome is what a client has to bring about. Zero parts are not requested.
type Outcome struct {
	Advertised []Advertised
	Leases     []netip.Addr // the addresses that DHCPv6 will give
}

// Configure starts the client and waits until all of o is there and usable. The client
// runs until Close or until it ends by itself.
func (g *Guest) Configure(ctx context.Context, c *Client, o Outcome) (err error) {
	defer func() {
		// The client itself may not say that it lacks a capability.
		if missing := userns.Require(c.Name); err != nil && missing != nil {
			err = fmt.Errorf("%w; %w", err, missing)
		}
	}()
	ra := len(o.Advertised) > 0
	if err := g.leases(slices.Concat(o.Leases, g.Disk.leases)...); err != nil {
		return err
	}
	spec := c.configure(settings{link: g.Link, ra: ra, dhcpv6: len(o.Leases) > 0, gen: g.AddrGen})
	spec.Path, spec.Net, spec.Fresh = c.path, g.NS, true
	spec.Keep, spec.Lasting, spec.Disk = true, "/var/lib", g.Disk.files
	spec.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	g.client, g.process = c, child.Start(spec)
	if c.Quits {
		if err := g.awaitEnd(ctx); err != nil {
			return err
		}
	}
	return g.settle(ctx, o)
}

// Reconfigured waits until the client, which goes on, has brought about all of o once more,
// because its link is back.
func (g *Guest) Reconfigured(ctx context.Context, o Outcome) error {
	if err := g.leases(o.Leases...); err != nil {
		return err
	}
	return g.settle(ctx, o)
}

// Unconfigured waits until the client, which goes on, has removed what it has set, because its
// link is gone.
func (g *Guest) Unconfigured(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer g.process.OnEnd(cancel)()
	return g.awaitAddresses(ctx, "the end of the addresses that "+string(g.client.Name)+" has set", func(as []link.Address) bool {
		return !slices.ContainsFunc(as, func(a link.Address) bool {
			o, _ := g.Origin(a)
			return o == scenarios.OriginSLAAC || o == scenarios.OriginDHCPv6
		})
	})
}

// settle waits until all of o is there and usable.
func (g *Guest) settle(ctx context.Context, o Outcome) error {
	c := g.client
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !c.Quits {
		defer g.process.OnEnd(cancel)()
	}
	for _, a := range o.Advertised {
		if err := g.AwaitRA(ctx, a); err != nil {
			return err
		}
	}
	old := g.Disk.leases
	for _, leased := range o.Leases {
		if err := g.await(ctx, "lease "+leased.String(), func(a link.Address) bool {
			is := a.Prefix.Addr()
			return is == leased || c.Stale && slices.Contains(old, is)
		}); err != nil {
			return err
		}
		if _, err := g.Find(leased); err == nil {
			g.Disk.leases = o.Leases
		}
	}
	return nil
}

// awaitEnd waits until the client has ended by itself, with success.
func (g *Guest) awaitEnd(ctx context.Context) error {
	select {
	case <-g.process.Ended():
		return g.Close()
	case <-ctx.Done():
		return fmt.Errorf("await the end of %s in %s: %w", g.client.Name, g.NS.Name(), context.Cause(ctx))
	}
}

// Close ends the client, if one was started. It is an error if the client had ended by
// itself, unless Quits says that it does.
func (g *Guest) Close() error {
	if g.process == nil {
		return nil
	}
	err := g.process.Close()
	if d := g.process.Disk(); d != g.Disk.files { // the old one is empty
		g.Disk.files.Close()
		g.Disk.files = d
	}
	if err != nil && !(g.client.Quits && g.process.Succeeded()) {
		return fmt.Errorf("configure %s: %w", g.NS.Name(), err)
	}
	return nil
}
