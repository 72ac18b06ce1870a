// Package wire is how users reach the target: it holds the transports.
//
// A [Dialer] is what the users of one run share: TLS settings, TLS sessions,
// spare buffers. It makes one transport per user:
//
//   - [Dialer.HTTP1] is the fast one. It speaks HTTP/1.1 over one kept-alive
//     connection, has no pool and no goroutine, and allocates nothing from one
//     ordinary request to the next.
//   - [Dialer.Standard] is net/http's client. It speaks HTTP/2 where the target
//     offers it. With [Options.Proxy] it is what HTTP1 returns, too.
//
// Both behave alike: nothing is ever sent twice, a chain of redirects is one
// answer, limits hold against a hostile target, and what goes wrong has one of
// the classes of package load. Both connect alike:
//
//   - A name is looked up once for all who ask at the same time, its answer used
//     for one second, and its addresses are taken in turn. When one lets nobody
//     in, the next is tried.
//   - A user that was turned away at once, because the target refused or this
//     machine had no descriptor or port left, dials the same origin again 100 ms
//     after it last began to, and not before. That wait is no part of any answer.
//   - Nothing is dialled that the [Policy] forbids. It judges the very address, for
//     each connection anew: neither a redirect nor a name that changes its address
//     leads past it.
//   - Users never take the last descriptors of the process, see [Dialer.Open].
//
// The HTTP/1.1 reader is written for this package rather than taken from a
// library, because it must reject what it does not understand, bound what it
// keeps, say in which phase an answer stopped, and cost a user that waits no
// more than its socket and a kilobyte.
package wire
