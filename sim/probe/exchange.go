package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// budget is the most time for one exchange. Positive and negative results take
// milliseconds; a time-out is an error.
const budget = 15 * time.Second

// ErrInconclusive says that an exchange proves nothing. The cause is the lab, not the
// candidate.
var ErrInconclusive = errors.New("inconclusive")

var past = time.Unix(1, 0)

// An address that is tentative or a duplicate cannot be bound.
const (
	errNotAvailable         = unix.EADDRNOTAVAIL
	notAvailable    Outcome = "EADDRNOTAVAIL"
)

// errSilent ends an exchange when controls that began later have been answered.
var errSilent = errors.New("silent")

// report has the addresses that the server saw.
type report struct{ remote, local netip.Addr }

// exchange sends a nonce from an address of ns to the server at to and awaits the answer.
// from may be the zero Addr. A failure that proves something is an outcome; another one is
// an error.
func exchange(ctx context.Context, ns *netns.NS, t transport, from netip.Addr, to target) (Outcome, report, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, budget, fmt.Errorf("no answer after %s", budget))
	defer cancel()
	r, err := try(ctx, ns, t, from, to)
	if err == nil {
		return OK, r, nil
	}
	what := fmt.Sprintf("%s exchange from %s in %s to %s", t, origin(from), ns.Name(), to)
	var errno syscall.Errno
	switch {
	case context.Cause(ctx) == errSilent:
		return Silent, report{}, nil
	case ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	case errors.As(err, &errno) && conclusive[errno]:
		return Outcome(unix.ErrnoName(errno)), report{}, nil
	}
	return "", report{}, fmt.Errorf("%s: %w: %w", what, ErrInconclusive, err)
}

var conclusive = map[syscall.Errno]bool{
	unix.EHOSTUNREACH:  true, // no answer to neighbour solicitations
	unix.ENETUNREACH:   true, // no route
	unix.ECONNREFUSED:  true, // a host, but no such server
	unix.ECONNRESET:    true, // accepted on the way, then reset
	unix.EADDRNOTAVAIL: true, // the source cannot be bound
	unix.EACCES:        true, // prohibited by a route
}

func origin(a netip.Addr) string {
	if !a.IsValid() {
		return "any address"
	}
	return a.String()
}

func try(ctx context.Context, ns *netns.NS, t transport, from netip.Addr, to target) (r report, err error) {
	c, err := dial(ctx, ns, t, from, to)
	if err != nil {
		return r, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past) })()
	nonce := newNonce()
	b, err := converse(ctx, c, nonce)
	if err == nil && len(b) == 0 || errors.Is(err, unix.EPIPE) {
		// Accepted on the way, then closed without an answer: counts as a reset.
		return r, unix.ECONNRESET
	}
	if err != nil {
		return r, err
	}
	return parse(b, nonce)
}

// converse sends the nonce and returns the answer. Over TCP it waits until the server
// closes, and then resets the connection, so that the server's end also ends
// (measurement.both says why). Over UDP it sends again each second, as TCP does: a
// datagram may get lost in a busy program on the way. Each has another last octet: passt
// sends a checksum that comes out as zero as it is, which the guest drops (RFC 8200 8.1),
// 2023_03_09, and the same datagram has the same checksum.
func converse(ctx context.Context, c net.Conn, nonce []byte) ([]byte, error) {
	tcp, stream := c.(*net.TCPConn)
	if stream {
		if err := tcp.SetLinger(0); err != nil {
			return nil, err
		}
	}
	for b := make([]byte, maxAnswer); ; {
		if err := link.Send(ctx, func() error { _, err := c.Write(nonce); return err }); err != nil {
			return nil, err
		}
		if stream {
			return io.ReadAll(io.LimitReader(c, maxAnswer))
		}
		if err := c.SetReadDeadline(time.Now().Add(resend)); err != nil {
			return nil, err
		}
		if ctx.Err() != nil { // this deadline may have replaced that of ctx
			return nil, context.Cause(ctx)
		}
		n, err := c.Read(b)
		if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			return b[:n], err
		}
		nonce[len(nonce)-1]++
	}
}

const (
	resend    = time.Second // the initial retransmission time-out of RFC 6298 2.1
	maxAnswer = 256         // more than any answer has
)

func newNonce() []byte { return []byte(rand.Text()[:nonceLen]) }

func parse(b, nonce []byte) (r report, err error) {
	// The answer may be to an earlier datagram.
	nonce = nonce[:len(nonce)-1]
	rest, ok := bytes.CutPrefix(b, nonce)
	if ok = ok && len(rest) > 1 && rest[1] == ' '; ok {
		rest = rest[2:]
	} else {
		return r, fmt.Errorf("answer %q is not to %q", b, nonce)
	}
	remote, local, _ := strings.Cut(string(rest), " ")
	if r.remote, err = netip.ParseAddr(remote); err != nil {
		return r, fmt.Errorf("answer %q: %w", b, err)
	}
	if r.local, err = netip.ParseAddr(local); err != nil {
		return r, fmt.Errorf("answer %q: %w", b, err)
	}
	return r, nil
}
