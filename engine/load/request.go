package load

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

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

// A hook is code of the scenario's that runs within one of its requests.
type hook uint8

const (
	noHook hook = iota
	inBefore
	inEach
	inAfter
)

// Do sends a request and reads its whole answer. It always returns a Response:
// what went wrong is in there. The request fails without an answer, or with a
// status of 400 or more; [Response.Expect] replaces that rule.
//
// Scenario.Before and After are called for it, unless it is After that sends it. From
// within Before and [Each] no request can be sent: Do panics.
func (u *User) Do(method, path string, opts ...Option) *Response {
	around := u.hook
	switch around {
	case inBefore:
		panic("load: a request from within Before: get what it takes in OnStart or After")
	case inEach:
		panic("load: a request from within Each: its own is not over yet")
	}
	checkMethod(method)
	u.settle()
	due := u.takeDue()
	r := &Response{user: u}
	name, err := u.prepare(method, path, opts)
	if err == nil && u.before != nil && around == noHook {
		u.hook = inBefore
		err = u.before(&u.request)
		u.hook = noHook
		if err != nil && u.ctx.Err() != nil {
			r.err = u.refuse()
			return r
		}
		if stops(err) {
			r.err = err // it was not sent: no sample
			return r
		}
	}
	if err == nil {
		u.trace()
		u.send(r, method, name, due)
	} else {
		u.open(r, stats.Sample{Method: method, Name: name})
		r.noAnswer = true
		r.fail(string(UnusableRequest), string(UnusableRequest)+": "+err.Error())
		u.sample.Problem.Ours = true
	}
	if u.after != nil && around == noHook && u.latest == r {
		u.hook = inAfter
		u.after(r)
		u.hook = noHook
	}
	return r
}

// checkMethod panics when a request would be counted as a group, and so not at all.
func checkMethod(method string) {
	if method == stats.Group {
		panic("load: the method " + stats.Group + " is that of User.Group: choose another")
	}
}

// errNoHTTP is what becomes of requests without a transport.
var errNoHTTP = errors.New("the scenario's Protocol is NoHTTP: use a client of your own with User.Measure")

// prepare makes u.request what the scenario asks for, and returns the name of its row.
func (u *User) prepare(method, path string, opts []Option) (name string, err error) {
	req := &u.request
	*req = Request{Method: method, Header: u.Header, Extra: req.Extra[:0]}
	name = cmp.Or(path, "/")
	if u.transport == nil {
		return name, errNoHTTP
	}
	if req.Origin, req.Target, err = u.base.split(path); err != nil {
		return name, err
	}
	name, err = u.apply(opts, name)
	u.authorize()
	return name, err
}

// authorize adds what the host said of itself, unless the scenario says better, and
// for no other host.
func (u *User) authorize() {
	if req := &u.request; u.base.Auth != "" && req.Origin == u.base.Origin &&
		len(u.Header["Authorization"]) == 0 && req.own("Authorization") < 0 {
		req.Extra = append(req.Extra, Field{"Authorization", u.base.Auth})
	}
}

// takeDue returns when the request to come ought to be sent, and forgets it.
func (u *User) takeDue() time.Time {
	due := u.due
	u.due = time.Time{}
	return due
}

// send sends u.request and puts r under judgement, unless a stop cut it.
func (u *User) send(r *Response, method, name string, due time.Time) {
	req, around := &u.request, u.hook
	if req.Each != nil {
		u.hook = inEach
	}
	u.answer, r.sent = Answer{}, true
	err := u.transport.Send(u.ctx, req, &u.answer)
	u.hook = around
	var lag time.Duration
	if !due.IsZero() {
		lag = max(0, time.Since(due)-u.answer.Took-u.answer.Held)
	}
	u.heldBack(u.answer.Held)
	if err != nil && (u.ctx.Err() != nil || req.Each != nil && errors.Is(err, ErrStopped)) {
		r.err = u.refuse() // no sample
		return
	}
	u.open(r, stats.Sample{
		Method: method, Name: name, Took: u.answer.Took, Lag: lag, Bytes: u.answer.Bytes,
		FirstByte: u.answer.FirstByte, Streamed: req.Each != nil, Dial: u.answer.Dial,
	})
	r.took, r.firstByte = u.answer.Took, u.answer.FirstByte
	if err != nil {
		if _, ok := errors.AsType[*TransportError](err); ok || req.Each == nil {
			r.noAnswer = true
			class := classOf(err)
			r.fail(string(class), err.Error())
			u.sample.Problem.Ours = class.Ours() || class == UnusableRequest && u.answer.Took == 0 // a redirect comes after an answer
			return
		}
	}
	r.status, u.sample.Status = int32(u.answer.Status), u.answer.Status
	if r.status >= 400 {
		r.failStatus("status %d")
	}
	if err != nil {
		r.broken(err)
	}
}

// heldBack takes note that the user waited for its turn: groups do not count that.
func (u *User) heldBack(d time.Duration) {
	if len(u.groups) > 0 {
		u.groups[len(u.groups)-1].paused += d
	}
}

// open makes r the response under judgement.
func (u *User) open(r *Response, s stats.Sample) { u.latest, u.sample = r, s }

// settle records the latest request: it can no longer be judged.
func (u *User) settle() {
	if u.latest == nil {
		return
	}
	r := u.latest
	r.settled = true
	u.latest = nil
	u.record(&u.sample, r)
}

// record adds a sample to the results. It is that of a request, unless r is nil.
func (u *User) record(s *stats.Sample, r *Response) {
	s.Name = rowName(s.Name, u.secrets)
	if p := s.Problem; p != nil {
		p.Format, p.Message = quotable(p.Format, u.secrets), blank(p.Message, u.secrets) // redacted when it is kept
		if len(u.groups) > 0 {
			u.groups[len(u.groups)-1].blame(s)
		}
	}
	if rank, wanted := u.shard.Wants(s); wanted {
		s.Exemplar = u.exemplar(s, r)
		s.Exemplar.Rank = rank
	}
	u.shard.Record(*s)
}
