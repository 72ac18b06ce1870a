package loadtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// NewTransport returns a transport for one user that calls h, whatever host a
// request is for. To h a request looks as if a server had read it; to the user
// the answer looks as if it had come over a network. A handler that outlasts its
// request is left behind with a context that has ended; Close waits for it.
func NewTransport(h http.Handler, l load.Limits) load.Transport {
	t := &transport{handler: h, limits: l.WithDefaults()}
	t.reset()
	return t
}

// A transport is net/http's client, for cookies and redirects, with a handler
// where the network would be.
type transport struct {
	handler http.Handler
	limits  load.Limits
	client  http.Client
	calls   sync.WaitGroup // of the handler

	streams   bool          // the latest request is given its body as it arrives
	bytes     int64         // received for it, all hops together
	firstByte time.Time     // when the head of the latest answer left the handler
	sent      *http.Request // the latest; nil when there is none, or a redirect's
	header    http.Header   // of the latest answer
	body      []byte        // as the handler wrote it
	decoded   bool          // body has had its encoding undone
}

func (t *transport) reset() {
	jar, _ := cookiejar.New(nil) // without options nothing can be wrong with them
	t.client = http.Client{Transport: roundTripper{t}, Jar: jar, CheckRedirect: t.checkRedirect}
	t.forget()
}

// forget forgets the latest answer.
func (t *transport) forget() {
	t.streams, t.bytes, t.firstByte = false, 0, time.Time{}
	t.sent, t.header, t.body, t.decoded = nil, nil, nil, false
}

func (t *transport) Header(name string) string { return t.header.Get(name) }

func (t *transport) Fields(yield func(name, value string) bool) { load.EachField(t.header, yield) }

func (t *transport) Sent(yield func(name, value string) bool) { load.EachSent(t.sent, yield) }

func (t *transport) Rest() { t.forget() }

func (t *transport) Close() {
	t.calls.Wait()
	t.reset()
}

func (t *transport) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	t.forget()
	t.streams = req.Each != nil
	if ctx.Err() != nil {
		return explain(ctx, nil)
	}
	r, err := newRequest(req)
	if err != nil {
		return &load.TransportError{Class: load.UnusableRequest, Err: err}
	}
	limit := req.Limit
	if limit == 0 {
		limit = t.limits.Response
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	start := time.Now()
	resp, err := t.client.Do(r.WithContext(limited))
	var unwanted error
	if err == nil {
		t.header, ans.Status = resp.Header, resp.StatusCode
		if t.streams {
			unwanted, err = pass(resp.Body, req.Each)
		}
	}
	ans.Took, ans.Bytes = time.Since(start), t.bytes
	if err != nil {
		return explain(ctx, err)
	}
	ans.FirstByte = t.firstByte.Sub(start)
	return unwanted
}

// pass gives a body to each, and returns its error or why the body ended too soon.
func pass(body io.ReadCloser, each func([]byte) error) (unwanted, err error) {
	defer body.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if unwanted := each(buf[:n]); unwanted != nil {
				return unwanted, nil
			}
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// explain returns the transport error in err, which net/http has wrapped.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &load.TransportError{Class: load.Cut, Err: context.Cause(ctx)}
	}
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		return te
	}
	return &load.TransportError{Class: load.Malformed, Err: err}
}

func (t *transport) checkRedirect(r *http.Request, via []*http.Request) error {
	switch most := t.limits.Redirects; {
	case most < 0:
		return http.ErrUseLastResponse
	case len(via) > most:
		return &load.TransportError{Class: load.TooManyHops, Err: fmt.Errorf("%d, the last to %s", len(via), r.URL)}
	}
	return nil
}

// Body undoes gzip, the one encoding that is asked for.
func (t *transport) Body() ([]byte, error) {
	coding := t.header.Get("Content-Encoding")
	if t.decoded || len(t.body) == 0 || coding == "" || strings.EqualFold(coding, "identity") {
		return t.body, nil
	}
	if !strings.EqualFold(coding, "gzip") {
		return nil, &load.TransportError{Class: load.Malformed, Err: fmt.Errorf("content encoding %q is not known", coding)}
	}
	plain, err := t.unzip()
	if err != nil {
		return nil, err
	}
	t.body, t.decoded = plain, true
	return plain, nil
}

func (t *transport) unzip() ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(t.body))
	if err != nil {
		return nil, &load.TransportError{Class: load.Malformed, Err: err}
	}
	plain, err := io.ReadAll(io.LimitReader(zip, t.limits.Body+1))
	if err != nil {
		return nil, &load.TransportError{Class: load.Malformed, Err: fmt.Errorf("gzip: %w", err)}
	}
	if int64(len(plain)) > t.limits.Body {
		return nil, tooLong(t.limits.Body)
	}
	return plain, nil
}

func tooLong(limit int64) error {
	return &load.TransportError{Class: load.BodyLimit, Err: fmt.Errorf("the body has more than %d bytes", limit)}
}

// newRequest returns req as net/http's client wants it.
func newRequest(req *load.Request) (*http.Request, error) {
	if strings.ContainsFunc(req.Target, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return nil, fmt.Errorf("target %q holds spaces: use url.PathEscape or load.Query", req.Target) // net/http would mend it
	}
	// A handler that is left behind may go on reading, so the body is a copy.
	r, err := http.NewRequest(req.Method, req.Origin+req.Target, bytes.NewReader(bytes.Clone(req.Body)))
	if err != nil {
		return nil, err
	}
	r.Header = req.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	own := map[string]bool{} // fields of this request that have replaced the user's
	for _, f := range req.Extra {
		if name := http.CanonicalHeaderKey(f.Name); !own[name] {
			own[name] = true
			r.Header.Del(name)
		}
		r.Header.Add(f.Name, f.Value)
	}
	for name, values := range r.Header {
		if name == "" || strings.ContainsAny(name, " \t\r\n:\x00") || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
			return nil, fmt.Errorf("header field %q: want a name and a value without line breaks", name)
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer"} {
		r.Header.Del(name) // a transport sets these itself
	}
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header.Set("User-Agent", "gregaria")
	}
	if _, ok := r.Header["Accept-Encoding"]; !ok {
		coding := "gzip"
		if req.Each != nil {
			coding = "identity" // nobody undoes another
		}
		r.Header.Set("Accept-Encoding", coding)
	}
	return r, nil
}
