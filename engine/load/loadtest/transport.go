package loadtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
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

	bytes   int64       // received for the latest request, all hops together
	header  http.Header // of the latest answer
	body    []byte      // as the handler wrote it
	decoded bool        // body has had its encoding undone
}

func (t *transport) reset() {
	jar, _ := cookiejar.New(nil) // without options nothing can be wrong with them
	t.client = http.Client{Transport: roundTripper{t}, Jar: jar, CheckRedirect: t.checkRedirect}
	t.header, t.body, t.decoded = nil, nil, false
}

func (t *transport) Header(name string) string { return t.header.Get(name) }

func (t *transport) Close() {
	t.calls.Wait()
	t.reset()
}

func (t *transport) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	t.bytes, t.header, t.body, t.decoded = 0, nil, nil, false
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
	ans.Took, ans.Bytes = time.Since(start), t.bytes
	if err != nil {
		return explain(ctx, err)
	}
	ans.Status = resp.StatusCode
	t.header = resp.Header
	return nil
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
		r.Header.Set("Accept-Encoding", "gzip")
	}
	return r, nil
}

// A roundTripper sends one hop of a request to the handler.
type roundTripper struct{ t *transport }

func (rt roundTripper) RoundTrip(out *http.Request) (*http.Response, error) {
	if s := out.URL.Scheme; s != "http" && s != "https" {
		return nil, &load.TransportError{Class: load.Malformed, Err: fmt.Errorf("redirect to %s", out.URL)}
	}
	ctx, cancel := context.WithCancel(out.Context())
	defer cancel() // as a server does once a request has been answered
	in := arrived(out).WithContext(ctx)
	w := newWriter(in, rt.t.limits.Body)
	done := make(chan any, 1) // what the handler panicked with
	rt.t.calls.Go(func() {
		defer func() { done <- recover() }()
		rt.t.handler.ServeHTTP(w, in)
	})
	select {
	case <-out.Context().Done():
		class := load.HeaderTimeout
		if w.begun.Load() {
			class = load.BodyTimeout
		}
		return nil, &load.TransportError{Class: class, Err: context.Cause(out.Context())}
	case panicked := <-done:
		if panicked != nil {
			return nil, &load.TransportError{Class: load.Closed, Err: fmt.Errorf("the handler panicked: %v", panicked)}
		}
	}
	rt.t.body = w.body
	rt.t.bytes += int64(len(w.body))
	return w.response(out)
}

// arrived returns r as a handler gets it from a server.
func arrived(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	in.RemoteAddr = "192.0.2.1:1234" // kept free for examples
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.GetBody, in.Response = nil, nil
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	return in
}
