package wire

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// keepName is how long the addresses of a name are used. It is short enough for a
// target that moves, and for one that spreads its load by name; and long enough
// that users who connect together ask once.
const keepName = time.Second

// names are the names of hosts and what was said about them. Users who ask for one
// at the same time are one question: net.Resolver sees to that.
type names struct {
	resolver *net.Resolver
	mu       sync.Mutex // guards known
	known    map[string]*listing
}

// A listing is what was said about a name.
type listing struct {
	addrs []netip.Addr
	err   error
	until time.Time // when to ask again
	turn  int       // counts the connections
}

// lookup returns the addresses of name in the order in which to try them: each
// connection begins with another. It reports whether somebody had to be asked.
func (n *names) lookup(ctx context.Context, name string) (addrs []netip.Addr, asked bool, err error) {
	n.mu.Lock()
	l := n.known[name]
	if l != nil && time.Now().Before(l.until) {
		defer n.mu.Unlock()
		l.turn++
		return inTurn(l.addrs, l.turn), false, l.err
	}
	n.mu.Unlock()

	addrs, err = n.resolver.LookupNetIP(ctx, "ip", name)
	if err != nil && ctx.Err() != nil {
		return nil, true, err // which says nothing about the name
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	if l = n.known[name]; l == nil {
		const most = 1000 // redirects may lead to ever new names
		if len(n.known) >= most {
			clear(n.known)
		}
		l = new(listing)
		n.known[name] = l
	}
	l.addrs, l.err, l.until = addrs, err, time.Now().Add(keepName)
	l.turn++
	return inTurn(addrs, l.turn), true, err
}

// inTurn returns addrs rotated. The system has put addresses first that it deems
// better to reach, so those of the other family, IPv4 or IPv6, come after those of
// the family of the first, which are then tried again.
func inTurn(addrs []netip.Addr, turn int) []netip.Addr {
	if len(addrs) < 2 {
		return addrs
	}
	var first, other []netip.Addr
	for i := range addrs {
		if a := addrs[i]; a.Is4() == addrs[0].Is4() {
			first = append(first, a)
		} else {
			other = append(other, a)
		}
	}
	first, other = rotate(first, turn), rotate(other, turn)
	if len(other) == 0 {
		return first
	}
	return slices.Concat(first, other, first)
}

// rotate returns s beginning with another of its elements each turn.
func rotate(s []netip.Addr, turn int) []netip.Addr {
	if len(s) == 0 {
		return nil
	}
	i := turn % len(s)
	return slices.Concat(s[i:], s[:i])
}
