package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A standard is the transport that net/http is. Redirects, cookies, connecting and
// looking up names are this package's.
type standard struct {
	d      *Dialer
	http2  bool // where TLS offers it
	jar    jar
	rt     *http.Transport // nil before the first request
	sent   *http.Request   // the latest; nil when there is none, or a redirect's
	header http.Header     // of the latest answer
	body   body
	rebuff *rebuff
}

// open returns net/http's transport.
func (t *standard) open() *http.Transport {
	if t.rt != nil {
		return t.rt
	}
	d := t.d
	config := d.tls.Clone()
	// Sessions of the fast transport were agreed on for HTTP/1.1.
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	t.rt = &http.Transport{
		Proxy: d.chooseProxy(),
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			s, err := d.connect(ctx, addr, d.opts.Limits.Connect)
			if err != nil {
				return nil, err // and no *socket that is nil
			}
			return s, nil
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return fail(load.UnknownProblem, "the proxy answers "+resp.Status, nil)
			}
			return nil
		},
		TLSClientConfig:        config,
		ForceAttemptHTTP2:      t.http2, // which an own DialContext would turn off
		DisableCompression:     true,    // bodies are decoded when somebody looks at them
		MaxIdleConns:           2,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        90 * time.Second, // an HTTP/2 connection whose request was cut a moment before Close is not idle yet
		MaxResponseHeaderBytes: maxHead,
	}
	return t.rt
}

func (t *standard) Header(name string) string { return t.header.Get(name) }

func (t *standard) Fields(yield func(name, value string) bool) { load.EachField(t.header, yield) }

func (t *standard) Sent(yield func(name, value string) bool) { load.EachSent(t.sent, yield) }

func (t *standard) Body() ([]byte, error) { return t.body.decode() }

func (t *standard) Rest() {
	t.sent, t.header = nil, nil
	t.body.giveBack()
	t.body = body{d: t.d}
}

// hangUp closes the connections that no request uses, and ends dials.
func (t *standard) hangUp() {
	if t.rt != nil {
		t.rt.CloseIdleConnections()
	}
}

func (t *standard) Close() {
	t.hangUp()
	t.jar, t.rebuff = jar{}, nil
	t.Rest()
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
	heard  time.Time   // when the latest part of a body for Each arrived

	phase atomic.Int32
	wrote atomic.Bool // the current hop's request was written, at least in part

	mu       sync.Mutex // guards what follows
	started  time.Time  // before the first byte was written, or before the first dial
	until    time.Time  // when timer fires
	conn     net.Conn   // of the hop
	began    time.Time  // when net/http was given the hop
	got      bool       // a connection was got: started is final
	cost     *load.Dial // of that connection, if it is new
	shaking  time.Time  // when the latest TLS handshake began
	shook    time.Duration
	first    time.Time // when the first byte of the hop's answer arrived
	interims int       // 1xx responses before the hop's answer
}

func (t *standard) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	t.sent, t.header = nil, nil
	t.body.reset()
	c := &call{t: t, req: req, ans: ans, started: time.Now()}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	connect := t.d.opts.Limits.Connect
	c.until = c.started.Add(connect)
	c.timer = time.AfterFunc(connect, func() { c.cancel(errSlow) })
	defer c.timer.Stop()
	c.ctx = httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{
		GetConn:  func(string) { c.again() },
		DNSStart: func(httptrace.DNSStartInfo) { c.phase.CompareAndSwap(int32(connecting), int32(resolving)) },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			if i.Err == nil {
				c.phase.CompareAndSwap(int32(resolving), int32(connecting))
			}
		},
		TLSHandshakeStart:    func() { c.shake(true) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { c.shake(false) },
		GotConn:              c.connected,
		WroteHeaderField:     func(string, []string) { c.wrote.Store(true) },
		WroteHeaders:         func() { c.wrote.Store(true) },
		GotFirstResponseByte: c.begun,
		Got1xxResponse:       func(int, textproto.MIMEHeader) error { return c.interim() },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				c.phase.CompareAndSwap(int32(writing), int32(waiting))
			}
		},
	})

	err := c.run()
	end := time.Now()
	if err == nil && !c.heard.IsZero() {
		end = c.heard
	}
	c.mu.Lock()
	started := c.started
	ans.Dial = c.cost
	c.mu.Unlock()
	if at := phase(c.phase.Load()); at != preparing {
		ans.Took = end.Sub(started)
	}
	if err == nil {
		return nil
	}
	t.hangUp()
	t.body.discard()
	return c.explain(ctx, err)
}

func (c *call) enter(p phase) { c.phase.Store(int32(p)) }

// connected is called when there is a connection, just before the first byte
// is written to it.
func (c *call) connected(info httptrace.GotConnInfo) {
	c.enter(writing)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = info.Conn
	if c.got {
		return
	}
	c.got, c.started = true, time.Now()
	if !info.Reused {
		if c.cost = costOf(info.Conn); c.cost != nil {
			c.cost.TLS = c.shook
			if c.t.d.proxy != nil { // which had to be asked to connect, too
				c.cost.Connect = c.started.Sub(c.began) - c.cost.DNS - c.cost.TLS
			}
		}
	}
	if c.timer.Stop() {
		limit := c.req.Limit
		if limit == 0 {
			limit = c.t.d.opts.Limits.Response
		}
		c.until = c.started.Add(limit)
		c.timer.Reset(limit)
	}
}

// costOf returns what it took to open conn, without TLS over it.
func costOf(conn net.Conn) *load.Dial {
	for {
		switch c := conn.(type) {
		case *tls.Conn:
			conn = c.NetConn()
		case *socket:
			return c.cost
		default:
			return nil
		}
	}
}

// shake is called when a TLS handshake, of which a proxy may need two, begins or
// ends.
func (c *call) shake(begins bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if begins {
		c.enter(handshaking)
		c.shaking = time.Now()
	} else {
		c.shook += time.Since(c.shaking)
	}
}

// begun is called when the first byte of an answer, be it of an interim response,
// has arrived.
func (c *call) begun() {
	c.mu.Lock()
	c.first = time.Now()
	c.mu.Unlock()
}

// interim is called when an interim response has.
func (c *call) interim() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interims++; c.interims > maxInterim {
		return protocolError("too many interim responses")
	}
	return nil
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
	if ee, ok := errors.AsType[eachError](err); ok {
		return ee.error
	}
	if c.hop.origin == nil {
		return err // there is nowhere to go
	}
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
	if strings.Contains(err.Error(), "client conn could not be established") && c.conn != nil {
		// HTTP/2 found the connection broken, and does not say why. The connection does.
		_, err = c.conn.Read(make([]byte, 1))
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
	o, err := c.t.d.origin(c.req.Origin)
	if err != nil {
		return err
	}
	c.hop = hop{origin: o, method: c.req.Method, target: c.req.Target, body: c.req.Body}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	for hops := 0; ; hops++ {
		resp, err := c.exchange()
		if err != nil {
			return err
		}
		if !c.redirected(resp) {
			return nil
		}
		location := resp.Header.Get("Location")
		if hops == c.t.d.opts.Limits.Redirects {
			return fail(load.TooManyHops, fmt.Sprintf("%d, the last to %s", hops+1, location), nil)
		}
		if c.hop, err = c.hop.next(resp.StatusCode, location); err != nil {
			return err
		}
		c.t.sent, c.t.header = nil, nil
		c.t.body.reset()
	}
}

// redirected reports whether resp asks to go elsewhere and is to be obeyed.
func (c *call) redirected(resp *http.Response) bool {
	return redirects(resp.StatusCode) && resp.Header.Get("Location") != "" && c.t.d.opts.Limits.Redirects >= 0
}

// exchange sends one request and reads its response.
func (c *call) exchange() (*http.Response, error) {
	t := c.t
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	if c.ans.Status == 0 {
		t.sent = r
	}
	if t.d.opts.Turn != nil {
		held, err := c.aside(t.d.opts.Turn)
		if c.ans.Held += held; err != nil {
			return nil, err
		}
	}
	if err := c.hold(); err != nil {
		return nil, err
	}
	c.wrote.Store(false)
	c.enter(connecting)
	c.mu.Lock()
	c.began, c.interims = time.Now(), 0
	c.mu.Unlock()
	resp, err := t.open().RoundTrip(r)
	if err != nil {
		if phase(c.phase.Load()) <= handshaking {
			t.rebuff = rebuffed(c.hop.origin, c.began, err)
		}
		return nil, err
	}
	t.rebuff = nil
	defer resp.Body.Close()
	c.mu.Lock()
	if c.interims > 0 {
		c.first = time.Now() // net/http does not tell when the head began, only that it is complete
	}
	c.ans.FirstByte = c.first.Sub(c.started)
	c.mu.Unlock()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, protocolError("the target switched protocols, unasked")
	}
	c.ans.Status = resp.StatusCode
	t.header = resp.Header
	t.body.coding = resp.Header.Get("Content-Encoding")
	c.enter(reading)
	if c.req.Each != nil && !c.redirected(resp) {
		err = c.pass(resp.Body)
	} else {
		err = t.read(resp)
	}
	c.ans.Bytes += t.body.size
	if err != nil {
		return nil, err
	}
	if set := resp.Header["Set-Cookie"]; len(set) > 0 {
		t.jar.set(c.hop.origin, c.hop.target, set)
	}
	return resp, nil
}

// hold waits while the hop's origin must not be dialled.
func (c *call) hold() error {
	if c.t.rebuff == nil {
		return nil
	}
	_, err := c.aside(func(ctx context.Context) error { return c.t.rebuff.wait(ctx, c.hop.origin) })
	return err
}

// aside waits for something that is part of no time and no limit, and returns how long
// that was.
func (c *call) aside(wait func(context.Context) error) (waited time.Duration, err error) {
	c.timer.Stop()
	begin := time.Now()
	err = wait(c.ctx)
	waited = time.Since(begin)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started, c.until = c.started.Add(waited), c.until.Add(waited)
	c.timer.Reset(time.Until(c.until))
	return waited, err
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

// pass gives a body to Each. Of a chunk that has arrived in part net/http waits for
// the rest.
func (c *call) pass(r io.Reader) error {
	b := &c.t.body
	b.each = c.req.Each
	defer func() { b.each = nil }()
	piece := b.d.pieces.Get().(*[]byte)
	defer b.d.pieces.Put(piece)
	for {
		n, err := r.Read(*piece)
		c.heard = time.Now()
		if n > 0 {
			if err := b.add((*piece)[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// request returns the current hop as net/http wants it.
func (c *call) request() (*http.Request, error) {
	h, o := &c.hop, c.hop.origin
	if !isToken(h.method) {
		return nil, fail(load.UnusableRequest, "method "+strconv.Quote(h.method), nil)
	}
	if !isTarget(h.target) {
		return nil, fail(load.UnusableRequest, badTarget(h.target), nil)
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
		r.Header.Set("Accept-Encoding", encodingsOf(c.req))
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
