package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A conn is one connection of one user to one origin. Its user's goroutine
// alone uses it, except that the end of a watched context closes the socket.
type conn struct {
	origin *origin
	socket net.Conn
	stream net.Conn // what socket wraps, or TLS over it
	secure bool
	used   time.Time // when the latest answer was complete

	probe syscall.RawConn // to look at the socket without blocking; nil if it has none
	peek  func(fd uintptr)
	seen  sight
	spare [1]byte

	until time.Time // when the answer must be complete
	armed time.Time // the deadline that the socket has, never later than until

	done    <-chan struct{} // of the watched context
	unwatch func() bool
}

// dial connects to o and says what that cost. The error is a *load.TransportError.
func (d *Dialer) dial(ctx context.Context, o *origin, limit time.Duration) (*conn, *load.Dial, error) {
	start := time.Now()
	socket, err := d.connect(ctx, o.addr, limit)
	if err != nil {
		return nil, nil, err
	}
	cost := socket.cost
	socket.cost = nil
	c := &conn{origin: o, socket: socket, stream: socket.Conn}
	if s, ok := socket.Conn.(syscall.Conn); ok {
		c.probe, _ = s.SyscallConn()
	}
	if o.scheme == "https" {
		begin := time.Now()
		ctx, cancel := context.WithDeadline(ctx, start.Add(limit))
		defer cancel()
		stream := tls.Client(socket, d.tlsTo(o))
		if err := stream.HandshakeContext(ctx); err != nil {
			socket.Close()
			if ctx.Err() == context.DeadlineExceeded {
				err = context.DeadlineExceeded
			}
			return nil, nil, failAt(handshaking, o.addr, err)
		}
		cost.TLS = time.Since(begin)
		c.stream, c.secure = stream, true
	}
	return c, cost, nil
}

// watch makes the end of ctx close the socket. It costs nothing while ctx stays
// the same. It reports false if an earlier context has closed the socket.
func (c *conn) watch(ctx context.Context) bool {
	done := ctx.Done()
	if done == c.done {
		return true
	}
	if c.unwatch != nil && !c.unwatch() {
		return false
	}
	c.done, c.unwatch = done, nil
	if done != nil {
		socket := c.socket
		c.unwatch = context.AfterFunc(ctx, func() { socket.Close() })
	}
	return true
}

// bound makes reads and writes fail after until. Setting a deadline on a socket
// moves a timer each time, so one that is set and early enough is left alone:
// should it pass, early sets it anew.
func (c *conn) bound(now, until time.Time) {
	c.until = until
	// A write that timed out leaves TLS unusable, so there it must be exact.
	if !c.secure && !c.armed.After(until) && c.armed.Sub(now) > until.Sub(now)/2 {
		return
	}
	c.arm(until)
}

func (c *conn) arm(t time.Time) {
	c.armed = t
	c.stream.SetDeadline(t)
}

// early reports whether err is only a deadline that was set for an earlier
// answer, and sets the right one if so.
func (c *conn) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || c.armed.Equal(c.until) || !time.Now().Before(c.until) {
		return false
	}
	c.arm(c.until)
	return true
}

// read reads some bytes, at least one if there is no error. p must not be empty.
func (c *conn) read(p []byte) (int, error) {
	for {
		n, err := c.stream.Read(p)
		if n > 0 {
			return n, nil // an error comes again
		}
		if err != nil && !c.early(err) {
			return 0, err
		}
	}
}

// write writes all of p and returns how much of it was written.
func (c *conn) write(p []byte) (int, error) {
	written := 0
	for {
		n, err := c.stream.Write(p[written:])
		written += n
		if err == nil || !c.early(err) {
			return written, err
		}
	}
}

// close closes the connection. A polite close says goodbye in TLS, which needs
// an idle connection.
func (c *conn) close(polite bool) {
	if c.unwatch != nil {
		c.unwatch()
	}
	if polite && c.secure {
		c.stream.Close() // and the socket
		return
	}
	c.socket.Close()
}

// gone reports whether an idle connection cannot be used again: the target
// closed it, or said something nobody asked for.
func (c *conn) gone() bool {
	switch c.look() {
	case silent:
		return false
	case talking:
		return !c.secure || c.ended()
	}
	return true
}

// ended reports whether what has arrived on an idle TLS connection is anything
// but TLS's own housekeeping, such as session tickets.
func (c *conn) ended() bool {
	c.arm(time.Now().Add(time.Millisecond))
	n, err := c.stream.Read(c.spare[:])
	return n > 0 || !errors.Is(err, os.ErrDeadlineExceeded)
}

// A sight is what can be seen on an idle connection.
type sight int

const (
	silent sight = iota
	talking
	closed
)
