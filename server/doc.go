// Package server is the web side of gregaria: the page, its live frames, the
// downloads, and an HTTP API with the routes and fields of Locust's.
//
// It is safe to leave open on a developer's machine: it listens on loopback unless
// told otherwise, answers only to host names that cannot be rebound, refuses
// commands from other sites, and sends no page anything it did not ask for. See
// guard.go. Where others reach it, they log in first: login.go, and package doors.
//
// Live pages hold no state here. A page says what it looks at, its query; whenever
// there is a new status, each distinct query is rendered once and the same bytes go
// to every page that looks at it. A page that is slow misses frames, never more.
package server
