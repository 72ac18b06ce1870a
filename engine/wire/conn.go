package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// A conn is one connection of one user to one origin. Its user's goroutine
// alone uses it, except that the end of a watched context closes the socket.
type conn struct {
	socket net.Conn
	stream net.Conn // socket, or TLS over it
	secure bool

	probe syscall.RawConn // to look at the socket without blocking; nil if it has none
	peek  func(fd uintptr)
	seen  sight
	spare [1]byte

	until time.Time // when the answer must be complete
	armed time.Time // the deadline that the socket has, never later than until

	done    <-chan struct{} // of the watched context
	unwatch func() bool
}

// dial connects to o. The error is a *load.TransportError unless ctx ended.
func (d *Dialer) dial(ctx context.Context, o origin, limit time.Duration) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	socket, err := d.net.DialContext(ctx, "tcp", o.addr)
	if err != nil {
		return nil, failAt(connecting, o.addr, err)
	}
	c := &conn{socket: socket, stream: socket}
	if s, ok := socket.(syscall.Conn); ok {
		c.probe, _ = s.SyscallConn()
	}
	if o.scheme == "https" {
		config := d.tls.Clone()
		config.ServerName = o.name
		config.NextProtos = []string{"http/1.1"}
		stream := tls.Client(socket, config)
		if err := stream.HandshakeContext(ctx); err != nil {
			socket.Close()
			if ctx.Err() == context.DeadlineExceeded {
				err = context.DeadlineExceeded
			}
			return nil, failAt(handshaking, o.addr, err)
		}
		c.stream, c.secure = stream, true
	}
	return c, nil
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
	if polite {
		c.stream.Close()
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
