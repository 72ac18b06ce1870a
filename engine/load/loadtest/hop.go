package loadtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"

	"github.com/gregaria/gregaria/engine/load"
)

// A roundTripper sends one hop of a request to the handler.
type roundTripper struct{ t *transport }

func (rt roundTripper) RoundTrip(out *http.Request) (*http.Response, error) {
	if s := out.URL.Scheme; s != "http" && s != "https" {
		return nil, &load.TransportError{Class: load.Malformed, Err: fmt.Errorf("redirect to %s", out.URL)}
	}
	if rt.t.sent = nil; out.Response == nil { // what redirects have it
		rt.t.sent = out
	}
	ctx, cancel := context.WithCancel(out.Context())
	in := arrived(out).WithContext(ctx)
	h := &hop{t: rt.t, out: out, end: cancel, w: newWriter(in, rt.t.limits.Body), done: make(chan any, 1)}
	if rt.t.streams {
		h.w.parts, h.w.limit = make(chan []byte), math.MaxInt64
	}
	rt.t.calls.Go(func() {
		defer func() { h.done <- recover() }()
		rt.t.handler.ServeHTTP(h.w, in)
	})
	return h.answer()
}

// A hop is a call of the handler. It is also the body of its answer, for those who
// read along.
type hop struct {
	t    *transport
	out  *http.Request
	end  context.CancelFunc
	w    *writer
	done chan any // what the handler panicked with
	part []byte   // not read yet
	err  error    // how the body ends
}

// answer waits for the whole answer, or for its head when the body is read along.
func (h *hop) answer() (*http.Response, error) {
	select {
	case h.part = <-h.w.parts:
		h.t.firstByte = h.w.left
		return h.w.response(h.out, h), nil
	case <-h.out.Context().Done():
		h.end()
		return nil, h.late()
	case panicked := <-h.done:
		h.end() // as a server does once a request has been answered
		h.w.finish()
		if err := h.fault(panicked); err != nil {
			return nil, err
		}
	}
	h.t.firstByte = h.w.left
	h.t.bytes += int64(len(h.w.body))
	if !h.t.streams {
		h.t.body = h.w.body
	}
	return h.w.response(h.out, io.NopCloser(bytes.NewReader(h.w.body))), nil
}

// Read waits for the next part of the body.
func (h *hop) Read(p []byte) (int, error) {
	for len(h.part) == 0 && h.err == nil {
		select {
		case h.part = <-h.w.parts:
		case <-h.out.Context().Done():
			h.err = h.late()
		case panicked := <-h.done:
			h.part = h.w.body
			if h.err = h.fault(panicked); h.err == nil {
				h.err = io.EOF
			}
		}
	}
	n := copy(p, h.part)
	h.part = h.part[n:]
	h.t.bytes += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, h.err
}

// Close tells the handler that nobody reads on.
func (h *hop) Close() error {
	h.end()
	return nil
}

// late returns why the answer was not waited for any longer.
func (h *hop) late() error {
	class := load.HeaderTimeout
	if h.w.begun.Load() {
		class = load.BodyTimeout
	}
	return &load.TransportError{Class: class, Err: context.Cause(h.out.Context())}
}

// fault returns what is wrong with an answer that the handler is done with.
func (h *hop) fault(panicked any) error {
	if panicked != nil {
		return &load.TransportError{Class: load.Closed, Err: fmt.Errorf("the handler panicked: %v", panicked)}
	}
	return h.w.fault(h.out)
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
