package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A standard is the transport that net/http is: HTTP/2 where TLS offers it,
// and proxies from the environment. Redirects and cookies are this package's.
type standard struct {
	d      *Dialer
	jar    jar
	rt     *http.Transport
	header http.Header // of the latest answer
	body   body
}

// Standard returns net/http's transport for one user.
func (d *Dialer) Standard() load.Transport {
	config := d.tls.Clone()
	// Sessions of the fast transport were agreed on for HTTP/1.1.
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	return &standard{
		d: d,
		rt: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            d.net.DialContext,
			TLSClientConfig:        config,
			ForceAttemptHTTP2:      true, // which an own DialContext would turn off
			DisableCompression:     true, // bodies are decoded when somebody looks at them
			MaxIdleConns:           2,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        90 * time.Second, // an HTTP/2 connection whose request was cut a moment before Close is not idle yet
			MaxResponseHeaderBytes: maxHead,
		},
		body: body{d: d},
	}
}

func (t *standard) Header(name string) string { return t.header.Get(name) }

func (t *standard) Body() ([]byte, error) { return t.body.decode() }

func (t *standard) Close() {
	t.rt.CloseIdleConnections()
	t.jar, t.header = jar{}, nil
	t.body.giveBack()
	t.body = body{d: t.d}
}

// Why the context of a call ended, when it was not the user's.
var (
	errSlow  = errors.New("timeout")
	errTwice = errors.New("net/http was about to send the request again")
)

// A call is one call of Send. net/http calls its hooks from other goroutines.
type call struct {
	t      *standard
	req    *load.Request
	ans    *load.Answer
	hop    hop
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer // calls cancel(errSlow)

	mu      sync.Mutex // guards started
	started time.Time  // before the first byte was written, or before the first dial
	got     bool       // a connection was got: started is final
	phase   atomic.Int32
	wrote   atomic.Bool // the current hop's request was written, at least in part
}

func (t *standard) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	t.header = nil
	t.body.reset()
	c := &call{t: t, req: req, ans: ans, started: time.Now()}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	c.timer = time.AfterFunc(t.d.opts.Limits.Connect, func() { c.cancel(errSlow) })
	defer c.timer.Stop()
	c.ctx = httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{
		GetConn:           func(string) { c.again() },
		TLSHandshakeStart: func() { c.enter(handshaking) },
		GotConn:           func(httptrace.GotConnInfo) { c.connected() },
		WroteHeaderField:  func(string, []string) { c.wrote.Store(true) },
		WroteHeaders:      func() { c.wrote.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				c.phase.CompareAndSwap(int32(writing), int32(waiting))
			}
		},
	})

	err := c.run()
	took := time.Now()
	c.mu.Lock()
	started := c.started
	c.mu.Unlock()
	if at := phase(c.phase.Load()); at != preparing {
		ans.Took = took.Sub(started)
	}
	if err == nil {
		return nil
	}
	t.rt.CloseIdleConnections()
	return c.explain(ctx, err)
}

func (c *call) enter(p phase) { c.phase.Store(int32(p)) }

// connected is called when there is a connection, just before the first byte
// is written to it.
func (c *call) connected() {
	c.enter(writing)
	c.mu.Lock()
	first := !c.got
	if first {
		c.got, c.started = true, time.Now()
	}
	c.mu.Unlock()
	if first && c.timer.Stop() {
		limit := c.req.Limit
		if limit == 0 {
			limit = c.t.d.opts.Limits.Response
		}
		c.timer.Reset(limit)
	}
}

// again is called before a connection is looked for. net/http does so a second
// time to repeat a request; that is right only if nothing of it was written.
func (c *call) again() {
	if c.wrote.Load() {
		c.cancel(errTwice)
	}
}

// explain returns the error for err, which ended the call.
func (c *call) explain(ctx context.Context, err error) error {
	at, host := phase(c.phase.Load()), c.hop.origin.addr
	cause := context.Cause(c.ctx)
	switch {
	case ctx.Err() != nil:
		return fail(load.Cut, at.String()+" "+host, context.Cause(ctx))
	case cause == errSlow:
		err = context.DeadlineExceeded
	case cause == errTwice:
		err = io.EOF
	}
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		return te
	}
	class, detail := classify(at, err)
	if class == load.UnknownProblem {
		// What net/http says itself is about the protocol.
		class = load.Malformed
		switch {
		case strings.Contains(detail, "stream error"):
			class = load.Reset
		case strings.Contains(detail, "connection closed"), strings.Contains(detail, "connection lost"), strings.Contains(detail, "GOAWAY"):
			class = load.Closed
		}
	}
	if class == load.Malformed && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		class, detail = load.TLS, "the target speaks plain http"
	}
	text := at.String() + " " + host
	if at <= handshaking {
		text = host
	}
	if detail != "" {
		text = detail + " (" + text + ")"
	}
	return fail(class, text, err)
}

func (c *call) run() error {
	o, err := parseOrigin(c.req.Origin)
	if err != nil {
		return err
	}
	c.hop = hop{origin: o, method: c.req.Method, target: c.req.Target, body: c.req.Body}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	limit := c.t.d.opts.Limits.Redirects
	for hops := 0; ; hops++ {
		resp, err := c.exchange()
		if err != nil {
			return err
		}
		location := resp.Header.Get("Location")
		if location == "" || !redirects(resp.StatusCode) || limit < 0 {
			return nil
		}
		if hops == limit {
			return fail(load.TooManyHops, fmt.Sprintf("%d, the last to %s", hops+1, location), nil)
		}
		if c.hop, err = c.hop.next(resp.StatusCode, location); err != nil {
			return err
		}
		c.t.header = nil
		c.t.body.reset()
	}
}

// exchange sends one request and reads its response.
func (c *call) exchange() (*http.Response, error) {
	t := c.t
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	c.wrote.Store(false)
	c.enter(connecting)
	resp, err := t.rt.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, protocolError("the target switched protocols, unasked")
	}
	c.ans.Status = resp.StatusCode
	t.header = resp.Header
	t.body.coding = resp.Header.Get("Content-Encoding")
	c.enter(reading)
	err = t.read(resp)
	c.ans.Bytes += t.body.size
	if err != nil {
		return nil, err
	}
	if set := resp.Header["Set-Cookie"]; len(set) > 0 {
		t.jar.set(&c.hop.origin, c.hop.target, set)
	}
	return resp, nil
}

// read reads the body of resp.
func (t *standard) read(resp *http.Response) error {
	b := &t.body
	if resp.ContentLength > b.limit() {
		return errBodyLimit
	}
	want := resp.ContentLength + 1 // one more, to see the end
	if resp.ContentLength < 0 {
		want = b.limit() + 1
	}
	for {
		var n int
		var err error
		if room := b.room(max(want-b.size, 1)); room != nil {
			n, err = resp.Body.Read(room)
			b.received(n)
		} else {
			scratch := t.d.scratch.Get().(*[]byte)
			n, err = resp.Body.Read(*scratch)
			t.d.scratch.Put(scratch)
			b.size += int64(n)
		}
		switch {
		case b.size > b.limit():
			return errBodyLimit
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// request returns the current hop as net/http wants it.
func (c *call) request() (*http.Request, error) {
	h, o := &c.hop, &c.hop.origin
	if !isToken(h.method) {
		return nil, fail(load.UnusableRequest, "method "+strconv.Quote(h.method), nil)
	}
	if !isTarget(h.target) {
		return nil, fail(load.UnusableRequest, "target "+strconv.Quote(h.target), nil)
	}
	u, err := url.Parse(o.scheme + "://" + o.host + h.target)
	if err != nil {
		return nil, fail(load.UnusableRequest, "target "+strconv.Quote(h.target), err)
	}
	r := (&http.Request{
		Method: h.method,
		URL:    u,
		Host:   o.host,
		Header: make(http.Header, len(c.req.Header)+len(c.req.Extra)+3),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(c.ctx)
	if len(h.body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(h.body))
		r.ContentLength = int64(len(h.body))
	}
	if alias := h.alias(c.req); alias != "" {
		if !isHostField(alias) {
			return nil, fail(load.UnusableRequest, "field Host: "+strconv.Quote(alias), nil)
		}
		r.Host = alias
	}
	for name, values := range c.req.Header {
		if replaced(c.req, name) {
			continue
		}
		if len(values) == 0 && isToken(name) {
			r.Header[http.CanonicalHeaderKey(name)] = nil // replaces a default
		}
		for _, v := range values {
			if err := c.addField(r, name, v); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range c.req.Extra {
		if err := c.addField(r, f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header.Set("User-Agent", c.t.d.opts.UserAgent)
	}
	if _, ok := r.Header["Accept-Encoding"]; !ok {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	if cookies := c.t.jar.field(o, h.target); cookies != "" {
		if own := r.Header.Get("Cookie"); own != "" {
			cookies = own + "; " + cookies
		}
		r.Header.Set("Cookie", cookies)
	}
	return r, nil
}

// addField adds a field to r, if the hop carries it.
func (c *call) addField(r *http.Request, name, value string) error {
	if !isToken(name) {
		return fail(load.UnusableRequest, "field name "+strconv.Quote(name), nil)
	}
	if !isValue(value) {
		return fail(load.UnusableRequest, "a field holds a line break or NUL", nil)
	}
	k := kindOf(name)
	if !c.hop.carries(k) {
		return nil
	}
	if k == connection && hasToken([]byte(value), "close") {
		r.Close = true
	}
	r.Header.Add(name, value)
	return nil
}
