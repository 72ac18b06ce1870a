package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A dialFunc connects to an address without a name in it.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// A socket is a TCP connection. Until it is closed it counts among the Dialer's.
type socket struct {
	net.Conn
	d      *Dialer
	cost   *load.Dial // what it took to open
	closed atomic.Bool
}

// Close closes the connection.
func (s *socket) Close() error {
	err := s.Conn.Close()
	if !s.closed.Swap(true) {
		s.d.open.Add(-1)
	}
	return err
}

// Spare returns how many file descriptors of this process users leave to everything else:
// to the page, whose readers are no more than that allows, and to files.
func Spare() int64 { return spare(descriptors()) }

// spare is a part of the descriptors there are, but no more than anybody needs.
func spare(descriptors int64) int64 {
	return min(128+min(descriptors/16, 20_000), descriptors/2)
}

// mostSockets returns how many of so many file descriptors may be users' sockets.
func mostSockets(descriptors int64) int64 { return descriptors - spare(descriptors) }

// connect opens a socket to addr, "host:port", unless limit passes first. The
// error is a *load.TransportError.
func (d *Dialer) connect(ctx context.Context, addr string, limit time.Duration) (*socket, error) {
	if d.open.Add(1) > d.most {
		d.open.Add(-1)
		return nil, fail(load.Descriptors, fmt.Sprintf("users hold all %d they may: %s (%s)", d.most, moreDescriptors, addr), nil)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s := &socket{d: d, cost: new(load.Dial)}
	var err error
	if s.Conn, err = d.reach(ctx, addr, s.cost); err != nil {
		d.open.Add(-1)
		return nil, err
	}
	return s, nil
}

// reach connects to addr and takes the time of it.
func (d *Dialer) reach(ctx context.Context, addr string, cost *load.Dial) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, failAt(connecting, addr, err)
	}
	start := time.Now()
	var addrs []netip.Addr
	if ip, err := netip.ParseAddr(host); err == nil {
		addrs = []netip.Addr{ip}
	} else {
		var asked bool
		if addrs, asked, err = d.names.lookup(ctx, host); err != nil {
			return nil, failAt(resolving, addr, err)
		}
		if asked {
			now := time.Now()
			cost.DNS, start = now.Sub(start), now
		}
	}
	if addrs, err = d.allowed(host, addrs, port); err != nil {
		return nil, err
	}
	c, err := d.tryAll(ctx, addrs, port)
	if err != nil {
		return nil, failAt(connecting, addr, err)
	}
	cost.Connect = time.Since(start)
	return c, nil
}

// allowed returns those of addrs, which host has, that the policy lets users dial.
func (d *Dialer) allowed(host string, addrs []netip.Addr, port string) (list []netip.Addr, err error) {
	n, badPort := strconv.ParseUint(port, 10, 16)
	if badPort != nil {
		return nil, fail(load.UnusableRequest, "port "+strconv.Quote(port)+" is not usable", badPort)
	}
	for _, addr := range addrs {
		problem := d.opts.Policy.refusal(host, addr, uint16(n))
		if problem == nil {
			list = append(list, addr)
		}
		err = cmp.Or(err, problem)
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, err
}

// fallback is how long the addresses of one family are given while those of the
// other were not tried: this machine may have no way to any of the first.
const fallback = 300 * time.Millisecond

// tryAll connects to the first of addrs that lets it, before the deadline of ctx.
// When none does, the error is the one of the first.
func (d *Dialer) tryAll(ctx context.Context, addrs []netip.Addr, port string) (c net.Conn, err error) {
	deadline, _ := ctx.Deadline()
	others := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() != addrs[0].Is4() })
	for i, addr := range addrs {
		try, cancel := ctx, context.CancelFunc(func() {})
		if i < others {
			try, cancel = context.WithTimeout(ctx, fallback)
		} else if i < len(addrs)-1 {
			left := time.Until(deadline) / time.Duration(len(addrs)-i)
			try, cancel = context.WithTimeout(ctx, max(left, 2*time.Second))
		}
		c, problem := d.dialTCP(try, "tcp", net.JoinHostPort(addr.String(), port))
		cancel()
		if problem == nil {
			return c, nil
		}
		err = cmp.Or(err, problem)
		if class, _ := classify(connecting, problem); class == load.Descriptors || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// tryAgain is how long after the beginning of a dial that failed at once a user
// may dial the same origin again.
const tryAgain = 100 * time.Millisecond

// A rebuff is a user's latest dial, if it failed at once: without a pause the
// user would do nothing but dial, at the cost of everybody else. A nil *rebuff
// is none.
type rebuff struct {
	origin *origin
	began  time.Time
}

// rebuffed returns the rebuff that err, of a dial to o that began at the given
// time, amounts to.
func rebuffed(o *origin, began time.Time, err error) *rebuff {
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		switch te.Class {
		case load.Refused, load.Unreachable, load.DNS, load.Ports, load.Descriptors, load.Forbidden:
			return &rebuff{o, began}
		}
	}
	return nil
}

// wait waits until o may be dialled, or ctx ends.
func (r *rebuff) wait(ctx context.Context, o *origin) error {
	if r == nil || !r.origin.same(o) {
		return nil
	}
	timer := time.NewTimer(time.Until(r.began.Add(tryAgain)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
