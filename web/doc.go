// Package web draws the page: what a reader sees of a load test, as HTML.
//
// A [Query] is what a reader looks at; it is the query string of the page's
// address. [NewView] decides what such a reader sees of a status, the functions
// of format.go word it, and the templates place it. [Page] is the whole
// document, for a plain GET; [Live] is the one element of it that changes while
// a test runs, for a websocket frame. Both are made of the same parts. [Preview]
// is the part of a form that comes anew while one types.
//
// Names, hosts and messages come from scenarios and from hosts under test: they
// are hostile text. Templates escape them; they are never raw HTML, never part
// of a script, and characters that hide or reorder text are shown as codes.
package web

//go:generate go tool templ generate
