package load

import (
	"math/rand/v2"
	"strings"
)

// traceField is the header field by which the target's own tracing takes a request up,
// see https://www.w3.org/TR/trace-context/.
const traceField = "Traceparent"

// trace gives u.request a traceparent of its own, if it is one of those that shall have
// one and the scenario has not given it any. Which requests that are, and their ids, do
// not come from the user's own chance: two runs of one seed must not be one trace.
func (u *User) trace() {
	if u.traced <= 0 || rand.Float64() >= u.traced {
		return
	}
	req := &u.request
	for name := range u.Header {
		if strings.EqualFold(name, traceField) {
			return
		}
	}
	if req.own(traceField) < 0 {
		req.Extra = append(req.Extra, Field{traceField, traceparent(someID(), someID(), someID())})
	}
}

// traceparent returns the field of a trace and a span within it, of version 00 and
// marked as sampled.
func traceparent(high, low, span uint64) string {
	b := make([]byte, 0, len("00-")+32+len("-")+16+len("-01"))
	b = append(b, "00-"...)
	b = appendHex(appendHex(b, high), low)
	b = appendHex(append(b, '-'), span)
	return string(append(b, "-01"...))
}

// appendHex appends the 16 digits of n.
func appendHex(b []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&15])
	}
	return b
}

// someID returns a random number other than 0, which is no id.
func someID() uint64 {
	for {
		if id := rand.Uint64(); id != 0 {
			return id
		}
	}
}
