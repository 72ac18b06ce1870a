package wire

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gregaria/gregaria/engine/load"
)

// A hop is one request of a chain of redirects.
type hop struct {
	origin *origin
	method string
	target string
	body   []byte
	baggage
}

// A baggage is what a chain of redirects has left behind.
type baggage struct {
	stripped  bool // credentials: the chain has left the host it began at
	bodyless  bool // the body and the fields that describe it
	unaliased bool // the user's Host field: the chain has left the origin
}

// redirects reports whether an answer with this status asks to go elsewhere.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// next returns the hop that an answer with this status and location asks for.
func (h hop) next(status int, location string) (hop, error) {
	base, err := url.Parse(h.origin.scheme + "://" + h.origin.host + h.target)
	if err != nil {
		return hop{}, fail(load.Malformed, "redirect from "+h.target+": "+err.Error(), err)
	}
	to, err := base.Parse(location)
	if err != nil {
		return hop{}, fail(load.Malformed, "redirect to "+location, err)
	}
	o, err := originOf(to)
	if err != nil {
		return hop{}, fail(load.Malformed, "redirect to "+location, err)
	}
	if o.name != h.origin.name || o.scheme == "http" && h.origin.scheme == "https" {
		h.stripped = true
	}
	if !o.same(h.origin) {
		h.origin, h.unaliased = o, true
	}
	h.target = to.RequestURI()
	if status < http.StatusTemporaryRedirect {
		if h.method != http.MethodGet && h.method != http.MethodHead {
			h.method, h.bodyless = http.MethodGet, true
		}
		if len(h.body) > 0 {
			h.body, h.bodyless = nil, true
		}
	}
	return h, nil
}

// A field's kind is what the transport must know about it before sending it.
type kind int

const (
	plain          kind = iota
	host                // sent first
	framing             // the transport's own: never taken from the user
	connection          // may ask to close
	cookie              // joined with the jar's
	credential          // left behind when a redirect leaves the host
	content             // describes a body
	userAgent           // has a default
	acceptEncoding      // has a default
)

// kindOf returns the kind of the field called name.
func kindOf(name string) kind {
	switch len(name) {
	case 4:
		if strings.EqualFold(name, "Host") {
			return host
		}
	case 6:
		if strings.EqualFold(name, "Cookie") {
			return cookie
		}
	case 7:
		if strings.EqualFold(name, "Trailer") {
			return framing
		}
	case 10:
		if strings.EqualFold(name, "Connection") {
			return connection
		}
		if strings.EqualFold(name, "User-Agent") {
			return userAgent
		}
	case 12:
		if strings.EqualFold(name, "Content-Type") {
			return content
		}
	case 13:
		if strings.EqualFold(name, "Authorization") {
			return credential
		}
	case 14:
		if strings.EqualFold(name, "Content-Length") {
			return framing
		}
	case 15:
		if strings.EqualFold(name, "Accept-Encoding") {
			return acceptEncoding
		}
	case 16:
		if strings.EqualFold(name, "Content-Encoding") || strings.EqualFold(name, "Content-Language") || strings.EqualFold(name, "Content-Location") {
			return content
		}
	case 17:
		if strings.EqualFold(name, "Transfer-Encoding") {
			return framing
		}
	case 19:
		if strings.EqualFold(name, "Proxy-Authorization") {
			return credential
		}
	}
	return plain
}

// carries reports whether a field of kind k is sent.
func (h baggage) carries(k kind) bool {
	switch k {
	case host, framing:
		return false
	case cookie, credential:
		return !h.stripped
	case content:
		return !h.bodyless
	}
	return true
}

// alias returns the Host field the user asked for, or "".
func (h *hop) alias(req *load.Request) string {
	if h.unaliased {
		return ""
	}
	for _, f := range req.Extra {
		if kindOf(f.Name) == host {
			return f.Value
		}
	}
	for name, values := range req.Header {
		if kindOf(name) == host && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// replaced reports whether a field of req.Extra stands in for the one called
// name in req.Header.
func replaced(req *load.Request, name string) bool {
	for i := range req.Extra {
		if len(req.Extra[i].Name) == len(name) && strings.EqualFold(req.Extra[i].Name, name) {
			return true
		}
	}
	return false
}
