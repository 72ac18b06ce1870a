//go:build !unix || aix

package wire

import (
	"errors"
	"os"
	"time"
)

// idleLook is how long a connection must have been idle to be worth a look,
// which here takes a millisecond.
const idleLook = time.Second

// look says what waits on an idle connection, by waiting for it a moment.
func (c *conn) look() sight {
	if c.secure {
		return talking // and let ended find out
	}
	c.arm(time.Now().Add(time.Millisecond))
	switch n, err := c.stream.Read(c.spare[:]); {
	case n > 0:
		return talking
	case errors.Is(err, os.ErrDeadlineExceeded):
		return silent
	}
	return closed
}
