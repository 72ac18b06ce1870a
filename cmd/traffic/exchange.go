package traffic

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// An exchange is a request, and what was answered where that is known.
type exchange struct {
	method string
	url    *url.URL
	header []pair
	body   []byte
	parts  []part // of a multipart form, instead of body

	start time.Time
	took  time.Duration
	kind  string // what Chrome says it was for: document, xhr, image …

	answers []answer // one, or one for each redirect and the last; none when not known
	times   int      // how often it was asked in a row, when more than once
}

// An answer is what came back for one request.
type answer struct {
	method, path string // of the request
	status       int
	header       []pair
	mime         string
	body         []byte
	location     string // of a redirect
}

// A pair is a name with a value.
type pair struct{ name, value string }

// A part is one field of a multipart form.
type part struct {
	name, value string
	file        string // its name, when it is one
	mime        string
}

// parseURL reads a URL that may have characters in its path that ought to be encoded.
// Those that are encoded stay so: %2F is no slash.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.RawPath == "" || u.EscapedPath() == u.RawPath {
		return u, err
	}
	var b strings.Builder
	for i := range len(u.RawPath) {
		switch c := u.RawPath[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~!$&'()*+,;=:@[]%/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	u.RawPath = b.String()
	return u, nil
}

// field returns the first value of a header field.
func field(header []pair, name string) string {
	for _, p := range header {
		if strings.EqualFold(p.name, name) {
			return p.value
		}
	}
	return ""
}

// last returns the answer that ended the exchange, nil when none is known.
func (e *exchange) last() *answer {
	if len(e.answers) == 0 {
		return nil
	}
	return &e.answers[len(e.answers)-1]
}

// end returns when the last byte had come.
func (e *exchange) end() time.Time { return e.start.Add(e.took) }
