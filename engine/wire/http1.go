package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// An http1 is the fast transport: HTTP/1.1 over one connection to the origin of
// the latest request. It is small, so that users who wait cost little: what only
// a user at work needs is in tools.
type http1 struct {
	d      *Dialer
	jar    jar
	to     *origin // of the latest request; nil before the first
	conn   *conn   // nil when there is none
	*tools         // nil while the user rests
	rebuff *rebuff

	sending bool // Send has begun, and has not ended unless by a panic
	trusted bool // the connection was used again without a look whether it still stands
	wary    bool // the target once closed one unannounced: look each time
}

// smallOut is up to which size bodies share a write with the head.
const smallOut = 8 << 10

func (t *http1) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	*ans = load.Answer{}
	if t.tools == nil {
		t.tools = t.d.tools.Get().(*tools)
	}
	if t.sending {
		t.drop() // in the middle of an answer, Each panicked
	}
	t.sending = true
	t.forget()
	a := attempt{t: t, ctx: ctx, req: req, ans: ans}
	err := a.run()
	t.sending = false
	if err == nil {
		return nil
	}
	t.wary = t.wary || t.trusted && len(t.in) == 0
	a.stop(time.Now())
	t.drop()
	t.body.discard()
	return a.explain(err)
}

func (t *http1) Header(name string) string {
	if t.tools == nil {
		return ""
	}
	value, _ := findField(t.lines(), name, 0)
	return string(value)
}

func (t *http1) Fields(yield func(name, value string) bool) {
	if t.tools != nil {
		eachField(t.lines(), yield)
	}
}

func (t *http1) Sent(yield func(name, value string) bool) {
	if t.tools == nil || t.sent == 0 {
		return
	}
	head := t.out[:t.sent-len(crlf)]
	eachField(head[bytes.IndexByte(head, '\n')+1:], yield) // behind the request line
}

func (t *http1) Body() ([]byte, error) {
	if t.tools == nil {
		return nil, nil
	}
	if t.head.encoded && t.body.coding == "" {
		t.body.coding = t.Header("Content-Encoding")
	}
	return t.body.decode()
}

func (t *http1) Rest() {
	if t.tools != nil {
		t.forget()
		t.body.discard()
		t.d.tools.Put(t.tools)
		t.tools = nil
	}
}

func (t *http1) Close() {
	if t.conn != nil {
		t.conn.close(true)
	}
	t.Rest()
	*t = http1{d: t.d}
}

// drop closes the connection, which cannot be used again.
func (t *http1) drop() {
	if t.conn != nil {
		t.conn.close(false)
		t.conn = nil
	}
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
	if t.to == nil || t.to.text != a.req.Origin {
		to, err := t.d.origin(a.req.Origin)
		if err != nil {
			return err
		}
		t.to = to
	}
	a.hop = hop{origin: t.to, method: a.req.Method, target: a.req.Target, body: a.req.Body}
	if err := a.ctx.Err(); err != nil {
		return err
	}
	for hops := 0; ; hops++ {
		if err := a.exchange(); err != nil {
			return err
		}
		if !a.redirected() {
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

// redirected reports whether the response asks to go elsewhere and is to be obeyed.
func (a *attempt) redirected() bool {
	head := &a.t.head
	return head.location && redirects(head.status) && a.t.d.opts.Limits.Redirects >= 0
}

// stop takes the time.
func (a *attempt) stop(now time.Time) {
	if !a.started.IsZero() {
		a.ans.Took = now.Sub(a.started)
	}
}

// explain returns the error for err, which ended the attempt.
func (a *attempt) explain(err error) error {
	if a.hop.origin == nil {
		return err // there is nowhere to go
	}
	if ee, ok := errors.AsType[eachError](err); ok {
		return ee.error
	}
	if a.ctx.Err() != nil {
		return fail(load.Cut, a.phase.String()+" "+a.hop.origin.host, context.Cause(a.ctx))
	}
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		return te
	}
	return failAt(a.phase, a.hop.origin.host, err)
}

// exchange sends one request and reads its response.
func (a *attempt) exchange() error {
	t := a.t
	a.phase = preparing
	out, closes, err := appendHead(t.out[:0], &a.hop, a.req, t.d.opts.UserAgent, t.jar.field(a.hop.origin, a.hop.target))
	if err != nil {
		return err
	}
	if !a.written {
		t.sent = len(out)
	}
	body := a.hop.body
	if len(body) <= smallOut {
		out, body = append(out, body...), nil
	}
	t.out = out
	if t.d.opts.Turn != nil {
		if err := a.await(); err != nil {
			return err
		}
	}

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
	a.ans.Status, a.ans.FirstByte = t.head.status, t.first.Sub(a.started)
	a.phase = reading
	if a.req.Each != nil && !a.redirected() {
		t.body.each = a.req.Each
	}
	err = t.readBody(a.hop.method)
	t.body.each = nil
	if now = t.heard; now.IsZero() {
		now = time.Now()
	}
	a.stop(now)
	a.ans.Bytes += t.body.size
	if err != nil {
		return err
	}
	t.conn.used = now
	if closes || sendErr != nil || !t.head.persists() || t.start < len(t.in) {
		t.drop()
	}
	if t.head.cookies {
		t.keepCookies(&a.hop)
	}
	return nil
}

// await waits for the turn of the hop's request.
func (a *attempt) await() error {
	begin := time.Now()
	err := a.t.d.opts.Turn(a.ctx)
	held := time.Since(begin)
	a.ans.Held += held
	if !a.started.IsZero() {
		a.started, a.until = a.started.Add(held), a.until.Add(held)
	}
	return err
}

// connect makes sure that there is a connection to the hop's origin. It returns
// the time at which it knew.
func (a *attempt) connect(now time.Time) (time.Time, error) {
	t, o := a.t, a.hop.origin
	if t.conn != nil {
		if !t.conn.origin.same(o) {
			t.conn.close(true)
			t.conn = nil
		} else if !t.conn.watch(a.ctx) {
			t.drop()
		} else if now.Sub(t.conn.used) < idleLook && !t.wary {
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
	if t.rebuff != nil {
		err := t.rebuff.wait(a.ctx, o)
		then := time.Now()
		a.started, a.until = a.started.Add(then.Sub(now)), a.until.Add(then.Sub(now))
		if now = then; err != nil {
			return now, err
		}
	}
	limit := t.d.opts.Limits.Connect
	if a.written {
		limit = min(limit, a.until.Sub(now))
	}
	c, cost, err := t.d.dial(a.ctx, o, limit)
	if err != nil {
		t.rebuff = rebuffed(o, now, err)
		return now, err
	}
	t.rebuff = nil
	if !a.written {
		a.ans.Dial = cost
	}
	t.conn = c
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
	lines := t.lines()
	for value, next := findField(lines, "Set-Cookie", 0); next >= 0; value, next = findField(lines, "Set-Cookie", next) {
		values = append(values, string(value))
	}
	t.jar.set(h.origin, h.target, values)
}
