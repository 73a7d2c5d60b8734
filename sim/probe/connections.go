package probe

import (
	"context"
	"sync"
	"time"
)

// connections counts the TCP connections of several servers.
type connections struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n is 0; nil if nobody waits
}

func (c *connections) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n += n; c.n == 0 && c.none != nil {
		close(c.none)
		c.none = nil
	}
}

// await waits until there is none, but at most a second: the segment that ends a
// connection may never arrive, if passt now sends to another address of the guest.
func (c *connections) await(ctx context.Context) {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return
	}
	if c.none == nil {
		c.none = make(chan struct{})
	}
	none := c.none
	c.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	case <-time.After(resend):
	}
}
