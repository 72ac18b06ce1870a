package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// An http1 is the fast transport: HTTP/1.1 over one connection to the origin of
// the latest request.
type http1 struct {
	d    *Dialer
	jar  jar
	conn *conn
	at   origin // where conn goes
	used time.Time

	named  string // what to parsed from
	to     origin // the origin of requests
	out    []byte // the request's head, with a small body behind it
	in     []byte // what was received: in[:start] was consumed, in[start:] was not
	start  int
	fields [2]int // where in in the latest answer's field lines are
	head   head
	body   body

	trusted bool // the connection was used again without a look whether it still stands
	wary    bool // the target once closed one unannounced: look each time
}

// HTTP1 returns the fast transport for one user.
func (d *Dialer) HTTP1() load.Transport {
	return &http1{d: d, body: body{d: d}}
}

const (
	inSize   = 4 << 10 // how large the read buffer is until a head needs more
	smallOut = 8 << 10 // bodies up to this size share a write with the head
)

func (t *http1) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	t.forget()
	a := attempt{t: t, ctx: ctx, req: req, ans: ans}
	if err := a.run(); err != nil {
		t.wary = t.wary || t.trusted && len(t.in) == 0
		a.stop(time.Now())
		t.drop()
		if ctx.Err() != nil {
			return fail(load.Cut, a.phase.String()+" "+a.hop.origin.host, context.Cause(ctx))
		}
		if te, ok := errors.AsType[*load.TransportError](err); ok {
			return te
		}
		return failAt(a.phase, a.hop.origin.host, err)
	}
	return nil
}

func (t *http1) Header(name string) string {
	value, _ := findField(t.in[t.fields[0]:t.fields[1]], name, 0)
	return string(value)
}

func (t *http1) Body() ([]byte, error) {
	if t.head.encoded && t.body.coding == "" {
		t.body.coding = t.Header("Content-Encoding")
	}
	return t.body.decode()
}

func (t *http1) Close() {
	if t.conn != nil {
		t.conn.close(true)
	}
	t.body.giveBack()
	*t = http1{d: t.d, body: body{d: t.d}}
}

// drop closes the connection, which cannot be used again.
func (t *http1) drop() {
	if t.conn != nil {
		t.conn.close(false)
		t.conn = nil
	}
}

// forget forgets the latest answer and gives large buffers back.
func (t *http1) forget() {
	t.body.reset()
	t.fields = [2]int{}
	t.head = head{}
	if cap(t.in) > inSize {
		t.in = nil
	}
	if cap(t.out) > 2*smallOut {
		t.out = nil
	}
	t.in, t.start = t.in[:0], 0
}

// An attempt is one call of Send.
type attempt struct {
	t       *http1
	ctx     context.Context
	req     *load.Request
	ans     *load.Answer
	hop     hop
	phase   phase
	started time.Time // before the first byte was written, or before the first dial
	written bool      // a byte was
	until   time.Time // when the answer must be complete
}

func (a *attempt) run() error {
	t := a.t
	if t.named != a.req.Origin {
		to, err := parseOrigin(a.req.Origin)
		if err != nil {
			return err
		}
		t.named, t.to = a.req.Origin, to
	}
	a.hop = hop{origin: t.to, method: a.req.Method, target: a.req.Target, body: a.req.Body}
	if err := a.ctx.Err(); err != nil {
		return err
	}
	for hops := 0; ; hops++ {
		if err := a.exchange(); err != nil {
			return err
		}
		if !t.head.location || !redirects(t.head.status) || t.d.opts.Limits.Redirects < 0 {
			return nil
		}
		if hops == t.d.opts.Limits.Redirects {
			return fail(load.TooManyHops, fmt.Sprintf("%d, the last to %s", hops+1, t.Header("Location")), nil)
		}
		next, err := a.hop.next(t.head.status, t.Header("Location"))
		if err != nil {
			return err
		}
		a.hop = next
		t.forget()
	}
}

// stop takes the time.
func (a *attempt) stop(now time.Time) {
	if !a.started.IsZero() {
		a.ans.Took = now.Sub(a.started)
	}
}

// exchange sends one request and reads its response.
func (a *attempt) exchange() error {
	t := a.t
	a.phase = preparing
	out, closes, err := appendHead(t.out[:0], &a.hop, a.req, t.d.opts.UserAgent, t.jar.field(&a.hop.origin, a.hop.target))
	if err != nil {
		return err
	}
	body := a.hop.body
	if len(body) <= smallOut {
		out, body = append(out, body...), nil
	}
	t.out = out

	now := time.Now()
	if a.started.IsZero() {
		a.started = now
	}
	if now, err = a.connect(now); err != nil {
		return err
	}
	if !a.written {
		limit := a.req.Limit
		if limit == 0 {
			limit = t.d.opts.Limits.Response
		}
		a.started, a.until = now, now.Add(limit)
	}
	t.conn.bound(now, a.until)

	a.phase = writing
	sendErr := a.send(out, body)
	if !a.written {
		return sendErr
	}
	a.phase = waiting
	if err := t.readHead(); err != nil {
		if sendErr != nil {
			a.phase = writing
			return sendErr
		}
		return err
	}
	a.ans.Status = t.head.status
	a.phase = reading
	err = t.readBody(a.hop.method)
	now = time.Now()
	a.stop(now)
	a.ans.Bytes += t.body.size
	if err != nil {
		return err
	}
	if closes || sendErr != nil || !t.head.persists() || t.start < len(t.in) {
		t.drop()
	}
	t.used = now
	if t.head.cookies {
		t.keepCookies(&a.hop)
	}
	return nil
}

// connect makes sure that there is a connection to the hop's origin. It returns
// the time at which it knew.
func (a *attempt) connect(now time.Time) (time.Time, error) {
	t := a.t
	if t.conn != nil {
		if t.at != a.hop.origin {
			t.conn.close(true)
			t.conn = nil
		} else if !t.conn.watch(a.ctx) {
			t.drop()
		} else if now.Sub(t.used) < idleLook && !t.wary {
			t.trusted = true
			return now, nil
		} else if !t.conn.gone() {
			t.trusted = false
			return time.Now(), nil
		} else {
			t.drop()
		}
	}
	t.trusted = false
	a.phase = connecting
	limit := t.d.opts.Limits.Connect
	if a.written {
		limit = min(limit, a.until.Sub(now))
	}
	c, err := t.d.dial(a.ctx, a.hop.origin, limit)
	if err != nil {
		return now, err
	}
	t.conn, t.at = c, a.hop.origin
	c.watch(a.ctx)
	return time.Now(), nil
}

// send writes the request.
func (a *attempt) send(out, body []byte) error {
	n, err := a.t.conn.write(out)
	a.written = a.written || n > 0
	if err == nil && len(body) > 0 {
		_, err = a.t.conn.write(body)
	}
	return err
}

// keepCookies puts the cookies of the latest response into the jar.
func (t *http1) keepCookies(h *hop) {
	var values []string
	lines := t.in[t.fields[0]:t.fields[1]]
	for value, next := findField(lines, "Set-Cookie", 0); next >= 0; value, next = findField(lines, "Set-Cookie", next) {
		values = append(values, string(value))
	}
	t.jar.set(&h.origin, h.target, values)
}

// fill reads more bytes to the end of in, of which keep must stay in place.
func (t *http1) fill() error {
	if len(t.in) == cap(t.in) {
		grown := make([]byte, len(t.in), max(inSize, 2*cap(t.in)))
		copy(grown, t.in)
		t.in = grown
	}
	n, err := t.conn.read(t.in[len(t.in):cap(t.in)])
	t.in = t.in[:len(t.in)+n]
	return err
}

// readHead reads the head of the answer, past interim responses.
func (t *http1) readHead() error {
	for interim := 0; ; interim++ {
		if err := t.readOneHead(); err != nil {
			if err == io.EOF && len(t.in) == 0 {
				return errNoAnswer
			}
			return err
		}
		switch {
		case t.head.status >= 200:
			return nil
		case t.head.status == 101:
			return protocolError("the target switched protocols, unasked")
		case interim == maxInterim:
			return protocolError("too many interim responses")
		}
		t.in = t.in[:copy(t.in, t.in[t.start:])]
		t.start = 0
	}
}

var errNoAnswer = fmt.Errorf("no answer: %w", io.EOF)

// readOneHead reads one head at the beginning of in.
func (t *http1) readOneHead() error {
	begin, lines, returns := 0, 0, 0 // of the current line; line ends so far; those with a carriage return
	scanned := 0
	for {
		i := bytes.IndexByte(t.in[scanned:], '\n')
		if i < 0 {
			if !mayBeHTTP(t.in) {
				return protocolError(fmt.Sprintf("this is not HTTP/1: %.100q", t.in))
			}
			if len(t.in) >= maxHead {
				return protocolError("the header is larger than 64 KB")
			}
			scanned = len(t.in)
			if err := t.fill(); err != nil {
				return err
			}
			continue
		}
		line := t.in[begin : scanned+i]
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
			returns++
		}
		last := begin
		begin = scanned + i + 1
		scanned = begin
		lines++
		if begin > maxHead {
			return protocolError("the header is larger than 64 KB")
		}
		if lines == 1 {
			if err := t.head.statusLine(line); err != nil {
				return err
			}
			t.fields[0] = begin
			continue
		}
		if len(line) > 0 {
			if err := t.head.field(line); err != nil {
				return err
			}
			continue
		}
		if bytes.Count(t.in[:begin], crlf[:1]) != returns || bytes.IndexByte(t.in[:begin], 0) >= 0 {
			return protocolError("a field holds a carriage return or NUL")
		}
		t.fields[1], t.start = last, begin
		return nil
	}
}

// mayBeHTTP reports whether b begins like a response.
func mayBeHTTP(b []byte) bool {
	n := min(len(b), len(httpSlash1))
	return bytes.Equal(b[:n], httpSlash1[:n])
}

// readBody reads the body that the head announces.
func (t *http1) readBody(method string) error {
	switch {
	case t.head.bodyless(method):
		return nil
	case t.head.chunked:
		return t.readChunks()
	case t.head.length >= 0:
		return t.readLength(t.head.length)
	}
	t.head.closes = true
	return t.readRest()
}

// readLength reads a body of n bytes.
func (t *http1) readLength(n int64) error {
	if n > t.body.limit() {
		return errBodyLimit // without reading what would be thrown away
	}
	// A body that fits behind its head stays there.
	if end := int64(t.start) + n; end <= int64(cap(t.in)) {
		for int64(len(t.in)) < end {
			if err := t.fill(); err != nil {
				t.body.set(t.in[t.start:])
				return err
			}
		}
		t.body.set(t.in[t.start:end])
		t.start = int(end)
		return nil
	}
	return t.take(n)
}

// take reads n bytes of body, first those that have arrived.
func (t *http1) take(n int64) error {
	have := min(int64(len(t.in)-t.start), n)
	t.body.add(t.in[t.start : t.start+int(have)])
	t.start += int(have)
	n -= have
	for n > 0 {
		got, err := t.receive(n)
		if err != nil {
			return err
		}
		n -= int64(got)
	}
	return nil
}

// receive reads some of at most n bytes of body that have not arrived yet.
func (t *http1) receive(n int64) (int, error) {
	if room := t.body.room(n); room != nil {
		got, err := t.conn.read(room)
		t.body.received(got)
		return got, err
	}
	scratch := t.d.scratch.Get().(*[]byte)
	defer t.d.scratch.Put(scratch)
	got, err := t.conn.read((*scratch)[:min(n, scratchSize)])
	t.body.size += int64(got)
	return got, err
}

// readRest reads a body that ends with the connection.
func (t *http1) readRest() error {
	if err := t.take(int64(len(t.in) - t.start)); err != nil {
		return err
	}
	for {
		if t.body.size > t.body.limit() {
			return errBodyLimit
		}
		_, err := t.receive(t.body.limit() - t.body.size + 1)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// maxChunkLine bounds the line before a chunk.
const maxChunkLine = 1 << 10

// readChunks reads a chunked body and the trailer behind it, which is ignored.
func (t *http1) readChunks() error {
	for {
		line, err := t.readLine(maxChunkLine)
		if err != nil {
			return err
		}
		size, ok := parseChunkSize(line)
		if !ok {
			return protocolError(fmt.Sprintf("chunk size %.100q", line))
		}
		if size == 0 {
			return t.readTrailer()
		}
		if size > t.body.limit()-t.body.size {
			return errBodyLimit
		}
		if err := t.take(size); err != nil {
			return err
		}
		if line, err = t.readLine(2); err != nil {
			return err
		}
		if len(line) > 0 {
			return protocolError(fmt.Sprintf("after a chunk: %.100q", line))
		}
	}
}

// readTrailer reads the lines after the last chunk.
func (t *http1) readTrailer() error {
	for room := maxHead; ; {
		line, err := t.readLine(min(room, inSize))
		if err != nil || len(line) == 0 {
			return err
		}
		if room -= len(line) + 1; room <= 0 {
			return protocolError("the trailer is larger than 64 KB")
		}
	}
}

// readLine reads a line of at most limit bytes and returns it without its end.
// What was consumed of in behind the head makes room for it.
func (t *http1) readLine(limit int) ([]byte, error) {
	for scanned := t.start; ; {
		if i := bytes.IndexByte(t.in[scanned:], '\n'); i >= 0 {
			line := t.in[t.start : scanned+i]
			t.start = scanned + i + 1
			return bytes.TrimSuffix(line, crlf[:1]), nil
		}
		if len(t.in)-t.start >= limit {
			return nil, protocolError(fmt.Sprintf("in a chunked body, a line is too long: %.100q", t.in[t.start:]))
		}
		if base := t.fields[1] + 2; t.start > base {
			t.in = t.in[:base+copy(t.in[base:], t.in[t.start:])]
			t.start = base
		}
		scanned = len(t.in)
		if err := t.fill(); err != nil {
			return nil, err
		}
	}
}
