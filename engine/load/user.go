package load

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A User is to a scenario what *testing.T is to a test: one goroutine's handle on
// everything a user has. It sends requests, measures and pauses; it is not safe
// for use by several goroutines.
//
// Each request is one sample. It is measured at once and recorded when the user
// makes its next request, pauses or ends its task; until then the methods of its
// [Response] may judge it.
type User struct {
	Header http.Header // sent with every request; change it at will
	Rand   *rand.Rand  // this user's own source of chance

	number    int
	scenario  string
	base      Base
	ctx       context.Context // ends when requests must be cut
	quit      <-chan struct{} // closed when the user is asked to stop
	transport Transport
	shard     *stats.Shard
	params    map[string]any
	unique    int64

	request Request
	answer  Answer
	body    []byte // reused for form bodies
	latest  *Response
	sample  stats.Sample // of latest
	refused int          // requests and pauses since the stop, see refuse
}

// A Seat is what a user is made of. The engine and loadtest fill it in; scenarios
// have no use for it.
type Seat struct {
	Number    int // counts the users of a run from 1
	Scenario  string
	Base      Base
	Transport Transport
	Shard     *stats.Shard
	Rand      *rand.Rand
	Params    map[string]any
	Quit      <-chan struct{}
}

// A Control is the side of a user that its runner holds and its scenario does not
// see.
type Control struct{ u *User }

// NewUser returns a user and the control over it.
func NewUser(ctx context.Context, s Seat) (*User, Control) {
	u := &User{
		Header: http.Header{}, Rand: s.Rand,
		number: s.Number, scenario: s.Scenario, base: s.Base, ctx: ctx, quit: s.Quit,
		transport: s.Transport, shard: s.Shard, params: s.Params,
	}
	return u, Control{u}
}

// Rebind gives the user another context and quit channel: OnStop runs on borrowed
// time, after those of the run have ended.
func (c Control) Rebind(ctx context.Context, quit <-chan struct{}) {
	c.u.ctx, c.u.quit, c.u.refused = ctx, quit, 0
}

// Try runs one function of a scenario. It records what the function measured, turns
// a panic into a *Panic, and returns the error.
func (c Control) Try(f func() error) (err error) {
	returned := false
	defer c.u.settle()
	defer func() {
		switch v := recover(); v {
		case nil:
			if !returned { // the goroutine is ending, and Try with it
				c.Note(c.u.scenario, errGoexit)
			}
		case any(ErrStopped):
			err = ErrStopped
		default:
			err = &Panic{Value: v, Stack: string(debug.Stack())}
		}
	}()
	err = f()
	returned = true
	return err
}

// errGoexit is what code does that believes to be in a test: t.FailNow is one.
var errGoexit = errors.New("the user was ended by runtime.Goexit: return an error instead")

// Note adds an error of scenario code, for which Counted is false, to the
// exceptions. The place says what was running. An error that is only the echo of
// the user's stop is left out; a panic never is.
func (c Control) Note(place string, err error) {
	m := stats.Mishap{
		Group: place + ": " + pattern(err.Error()), Message: err.Error(), Stack: place, At: time.Now(),
	}
	if p, ok := errors.AsType[*Panic](err); ok {
		m.Group, m.Stack = frames(p.Stack), p.Stack
	} else if c.u.ctx.Err() != nil {
		return // whatever a client of the scenario's own says when it is cut
	}
	c.u.shard.Note(m)
}

// Close closes the user's connection.
func (c Control) Close() { c.u.transport.Close() }

// Number returns the user's number in the run, counted from 1.
func (u *User) Number() int { return u.number }

// Host returns the scheme and authority that paths are sent to.
func (u *User) Host() string { return u.base.Origin }

// Context ends when the user must stop. Give it to clients of your own.
func (u *User) Context() context.Context { return u.ctx }

// Unique returns prefix and a suffix that no other call returns, in this run or
// another: u.Unique("c") might be "c.1jd8v0qk2m4.17.3".
func (u *User) Unique(prefix string) string {
	u.unique++
	b := make([]byte, 0, len(prefix)+32)
	b = append(append(b, prefix...), '.')
	b = strconv.AppendInt(b, time.Now().UnixNano(), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(u.number), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, u.unique, 36)
	return string(b)
}

// Get requests a path of the host, or an absolute URL.
func (u *User) Get(path string, opts ...Option) *Response { return u.Do(http.MethodGet, path, opts...) }

// Post sends a POST request.
func (u *User) Post(path string, opts ...Option) *Response {
	return u.Do(http.MethodPost, path, opts...)
}

// Put sends a PUT request.
func (u *User) Put(path string, opts ...Option) *Response { return u.Do(http.MethodPut, path, opts...) }

// Patch sends a PATCH request.
func (u *User) Patch(path string, opts ...Option) *Response {
	return u.Do(http.MethodPatch, path, opts...)
}

// Delete sends a DELETE request.
func (u *User) Delete(path string, opts ...Option) *Response {
	return u.Do(http.MethodDelete, path, opts...)
}

// Head sends a HEAD request.
func (u *User) Head(path string, opts ...Option) *Response {
	return u.Do(http.MethodHead, path, opts...)
}

// Do sends a request and reads its whole answer. It always returns a Response:
// what went wrong is in there. The request fails without an answer, or with a
// status of 400 or more; [Response.Expect] replaces that rule.
func (u *User) Do(method, path string, opts ...Option) *Response {
	u.settle()
	r := &Response{user: u}
	req := &u.request
	*req = Request{Method: method, Header: u.Header, Extra: req.Extra[:0]}
	name := cmp.Or(path, "/")
	var err error
	if req.Origin, req.Target, err = u.base.split(path); err == nil {
		name, err = u.apply(opts, name)
		u.authorize()
	}
	if err != nil {
		u.open(r, method, name)
		r.noAnswer = true
		r.fail(string(UnusableRequest), string(UnusableRequest)+": "+err.Error())
		return r
	}
	u.answer = Answer{}
	err = u.transport.Send(u.ctx, req, &u.answer)
	if err != nil && u.ctx.Err() != nil {
		r.err = u.refuse() // cut by the stop: no sample
		return r
	}
	u.open(r, method, name)
	u.sample.Took, u.sample.Bytes = u.answer.Took, u.answer.Bytes
	r.took = u.answer.Took
	if err != nil {
		r.noAnswer = true
		r.fail(string(classOf(err)), err.Error())
		return r
	}
	r.status = u.answer.Status
	if r.status >= 400 {
		r.failStatus("status %d", r.status)
	}
	return r
}

// authorize adds what the host said of itself, unless the scenario says better, and
// for no other host.
func (u *User) authorize() {
	named := func(f Field) bool { return strings.EqualFold(f.Name, "Authorization") }
	if req := &u.request; u.base.Auth != "" && req.Origin == u.base.Origin &&
		len(u.Header["Authorization"]) == 0 && !slices.ContainsFunc(req.Extra, named) {
		req.Extra = append(req.Extra, Field{"Authorization", u.base.Auth})
	}
}

// open makes r the response under judgement.
func (u *User) open(r *Response, method, name string) {
	u.latest = r
	u.sample = stats.Sample{Method: method, Name: name}
}

// settle records the latest request: it can no longer be judged.
func (u *User) settle() {
	if u.latest == nil {
		return
	}
	u.latest.settled = true
	u.latest = nil
	u.shard.Record(u.sample)
}

// Measure times a client of your own as one request: u.Measure("TCP", "ping", …).
// An error makes it a failure, grouped by its text with numbers and quoted parts
// left out, and is returned as a *Failure. When the user is stopped meanwhile,
// nothing is recorded.
func (u *User) Measure(method, name string, f func(ctx context.Context) (size int64, err error)) error {
	u.settle()
	start := time.Now()
	size, err := f(u.ctx)
	sample := stats.Sample{Method: method, Name: name, Took: time.Since(start), Bytes: size}
	if err != nil {
		if u.ctx.Err() != nil || errors.Is(err, ErrStopped) {
			return u.refuse()
		}
		text := cut(err.Error())
		fail := &Failure{Method: method, Name: name, Format: pattern(text), Message: text}
		sample.Problem = &stats.Problem{Format: fail.Format, Message: fail.Message, At: time.Now()}
		u.shard.Record(sample)
		return fail
	}
	u.shard.Record(sample)
	return nil
}

// Pause waits for d, or until the user is asked to stop: then it returns
// ErrStopped.
func (u *User) Pause(d time.Duration) error {
	u.settle()
	if d <= 0 {
		select {
		case <-u.quit:
			return u.refuse()
		case <-u.ctx.Done():
			return u.refuse()
		default:
			return nil
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-u.quit:
		return u.refuse()
	case <-u.ctx.Done():
		return u.refuse()
	case <-t.C:
		return nil
	}
}

// mostRefused is how often code may go on asking after the stop.
const mostRefused = 100

// refuse returns ErrStopped. Code that does not heed it, such as a loop that waits
// for an answer, would ask for ever and as fast as it can: it is ended by a panic
// that Try turns into ErrStopped.
func (u *User) refuse() error {
	if u.refused++; u.refused > mostRefused {
		panic(ErrStopped)
	}
	return ErrStopped
}

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
