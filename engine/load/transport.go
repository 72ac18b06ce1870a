package load

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Transport sends the requests of one user, one at a time, and keeps what
// that user carries from one to the next: the connection and the cookies.
// Package engine/wire has the real ones; loadtest has one that calls an
// http.Handler.
type Transport interface {
	// Send sends req, follows redirects, reads the whole answer and fills in
	// ans. When ctx ends it cuts the connection and returns at once. An error
	// is a *TransportError, or the one that Each returned. After a dial that
	// failed at once, Send may first wait up to 100 ms, which is no part of Took.
	Send(ctx context.Context, req *Request, ans *Answer) error

	// Header returns a header field of the latest answer, or "".
	Header(name string) string

	// Fields lists the header fields of the latest answer: in their order, or by name
	// where that is not known. It lists what there is of an answer that was not
	// complete, and nothing without one.
	Fields(yield func(name, value string) bool)

	// Sent lists the header fields of the latest request as they were sent, or were
	// about to be: in their order, or by name where that is not known. It lists
	// nothing when the request could not be sent at all, and when redirects were
	// followed: then others have been sent since.
	Sent(yield func(name, value string) bool)

	// Body returns the body of the latest answer with its content encoding
	// undone. It is valid until the next Send, Rest or Close.
	Body() ([]byte, error)

	// Rest gives back what only a user at work needs, such as buffers: the user
	// pauses. The latest answer is gone.
	Rest()

	// Close closes the connection and forgets the cookies.
	Close()
}

// A Request is what a Transport is asked to send. Its user owns it and uses it
// again for the next request; a Transport keeps nothing of it.
type Request struct {
	Method string
	Origin string        // "http://host:port": scheme and authority, without user information
	Target string        // "/path?query", never empty
	Header http.Header   // fields of every request of this user; never changed by a Transport
	Extra  []Field       // fields of this request; a field here replaces the same one in Header
	Body   []byte        // nil or empty: no body
	Limit  time.Duration // how long the answer may take, see Limits.Response; 0 means Limits.Response

	// Each, unless nil, is given the body of the last response piece by piece as
	// it arrives, as it is on the wire; Body has nothing then, and Limits.Body
	// does not apply. A part is valid until Each returns. Limit is for the whole
	// stream. An error ends the request and is returned as it is.
	Each func(part []byte) error
}

// SetHeader sets a header field of this request, replacing the user's.
func (r *Request) SetHeader(name, value string) {
	if i := r.own(name); i >= 0 {
		r.Extra[i].Value = value
		return
	}
	r.Extra = append(r.Extra, Field{name, value})
}

// own returns which field of Extra has a name, -1 when none has.
func (r *Request) own(name string) int {
	return slices.IndexFunc(r.Extra, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// A Field is one header field.
type Field struct{ Name, Value string }

// EachField lists the fields of h by name, and reports whether yield wanted all.
func EachField(h http.Header, yield func(name, value string) bool) bool {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if !yield(name, value) {
				return false
			}
		}
	}
	return true
}

// EachSent lists the fields that net/http sends with r, which may be nil.
func EachSent(r *http.Request, yield func(name, value string) bool) {
	if r == nil || !yield("Host", cmp.Or(r.Host, r.URL.Host)) || !EachField(r.Header, yield) {
		return
	}
	if r.ContentLength > 0 {
		yield("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
}

// An Answer is what a Transport learned about one request.
type Answer struct {
	Status int           // status code of the last response, 0 if there was none
	Took   time.Duration // from just before the first byte written to the last body byte read, redirects included; without a byte written, the time spent trying
	Held   time.Duration // how long the request, and those of its redirects, waited for their turn; no part of Took
	Bytes  int64         // body bytes received, as they were on the wire, of all responses of a chain of redirects

	FirstByte time.Duration // the part of Took up to the first byte of the last response's head; 0 without one
	Dial      *Dial         // what connecting cost before the first byte was written; nil when the connection was open or there is none
}

// A Dial is what a new connection cost, see stats.Dial.
type Dial = stats.Dial

// Limits bound what a target can do to a user. The zero value of a field means
// its default.
type Limits struct {
	Connect   time.Duration // to connect, TLS included; default 30 s
	Response  time.Duration // from the request to the end of its answer; default 30 s
	Body      int64         // body bytes, on the wire and again once decoded; default 64 MB
	Redirects int           // redirects followed for one request; default 10; negative: none, the redirect itself is the answer
}

// WithDefaults returns l with defaults in place of zeros.
func (l Limits) WithDefaults() Limits {
	if l.Connect == 0 {
		l.Connect = 30 * time.Second
	}
	if l.Response == 0 {
		l.Response = 30 * time.Second
	}
	if l.Body == 0 {
		l.Body = 64 << 20
	}
	if l.Redirects == 0 {
		l.Redirects = 10
	}
	return l
}

// A Class is a kind of transport failure in words a tester understands. Failures
// are grouped by it, so there are few.
type Class string

// The classes of transport failures.
const (
	Refused         Class = "connection refused"
	DNS             Class = "dns"
	ConnectTimeout  Class = "connect timeout"
	HeaderTimeout   Class = "timeout waiting for headers"
	BodyTimeout     Class = "timeout reading body"
	TLS             Class = "tls"
	Reset           Class = "connection reset"
	Closed          Class = "connection closed before the answer was complete"
	Unreachable     Class = "host unreachable"
	Malformed       Class = "protocol"
	BodyLimit       Class = "body limit"
	TooManyHops     Class = "too many redirects"
	Descriptors     Class = "too many open files on this machine"
	Ports           Class = "no free local port on this machine"
	Cut             Class = "cut by stop"
	UnknownProblem  Class = "network"
	UnusableRequest Class = "request cannot be sent"
	Forbidden       Class = "refused by policy"
)

// classes are all there are.
var classes = []Class{
	Refused, DNS, ConnectTimeout, HeaderTimeout, BodyTimeout, TLS, Reset, Closed, Unreachable, Malformed, BodyLimit,
	TooManyHops, Descriptors, Ports, Cut, UnknownProblem, UnusableRequest, Forbidden,
}

// Known reports whether c is one of the classes.
func (c Class) Known() bool { return slices.Contains(classes, c) }

// Ours reports whether the trouble was this machine's: it had no file descriptor or
// no port left to connect with. The target knows nothing of such a request.
func (c Class) Ours() bool { return c == Descriptors || c == Ports }

// A TransportError is why a request got no answer.
type TransportError struct {
	Class Class
	Err   error
}

func (e *TransportError) Error() string {
	if e.Err == nil {
		return string(e.Class)
	}
	return string(e.Class) + ": " + e.Err.Error()
}

func (e *TransportError) Unwrap() error { return e.Err }

// classOf returns the class of an error of a Transport.
func classOf(err error) Class {
	if te, ok := errors.AsType[*TransportError](err); ok {
		return te.Class
	}
	return UnknownProblem
}
