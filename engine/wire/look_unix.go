//go:build unix && !aix

package wire

import (
	"syscall"
	"time"
)

// idleLook is how long a connection must have been idle to be worth a look.
const idleLook = 2 * time.Millisecond

// look says what waits on an idle connection without taking or waiting for it.
func (c *conn) look() sight {
	if c.probe == nil {
		return silent
	}
	if c.peek == nil {
		c.peek = c.peekAt
	}
	c.seen = closed
	c.probe.Control(c.peek) // rather than Read, which would mind a deadline that has passed
	return c.seen
}

// peekAt sets seen by a look at the socket fd, which does not block.
func (c *conn) peekAt(fd uintptr) {
	n, _, err := syscall.Recvfrom(int(fd), c.spare[:], syscall.MSG_PEEK)
	switch {
	case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR:
		c.seen = silent
	case err == nil && n > 0:
		c.seen = talking
	}
}
