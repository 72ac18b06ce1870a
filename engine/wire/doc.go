// Package wire is how users reach the target: it holds the transports.
//
// A [Dialer] is what the users of one run share: TLS settings, TLS sessions,
// spare buffers. It makes one transport per user:
//
//   - [Dialer.HTTP1] is the fast one. It speaks HTTP/1.1 over one kept-alive
//     connection, has no pool and no goroutine, and allocates nothing from one
//     ordinary request to the next.
//   - [Dialer.Standard] is net/http's client. It speaks HTTP/2 where the target
//     offers it and takes proxies from the environment.
//
// Both behave alike: nothing is ever sent twice, a chain of redirects is one
// answer, limits hold against a hostile target, and what goes wrong has one of
// the classes of package load.
//
// The HTTP/1.1 reader is written for this package rather than taken from a
// library, because it must reject what it does not understand, bound what it
// keeps, say in which phase an answer stopped, and cost an idle user no more
// than a few kilobytes.
package wire
