package traffic

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"
)

const (
	pageGap   = 500 * time.Millisecond // a browser that is quiet for so long waits for a person
	longThink = time.Minute            // who thinks longer went away
)

// A recorder makes a script of exchanges.
type recorder struct {
	*script
	memory memory
	names  scope // of fields and methods
	params scope
	byText map[string]*secret
	made   map[string]*fresh
	notes  *notes
	home   *url.URL
	pulled map[string]bool // names of cookies that answers set
}

func record(kept []*exchange, o Options, n *notes, origin string) (*Result, error) {
	r := newRecorder(o, n, origin)
	r.home = homeOf(kept)
	r.host = r.home.Scheme + "://" + r.home.Host
	r.build(kept)
	return r.write(n)
}

func newRecorder(o Options, n *notes, origin string) *recorder {
	return &recorder{
		script: &script{name: slug(o.Name), pkg: cmp.Or(o.Package, "scenarios"), origin: origin},
		memory: memory{held: map[string]*carried{}, typed: map[string]bool{}},
		names:  scope{}, params: scope{}, byText: map[string]*secret{}, made: map[string]*fresh{}, pulled: map[string]bool{},
		notes: n,
	}
}

func (r *recorder) build(kept []*exchange) {
	var bursts []*method
	var at *method
	var before *exchange
	var login, logout *method
	var quiet time.Time // when the latest answer had come
	for _, e := range kept {
		gap := time.Duration(0)
		if before != nil && !e.start.IsZero() && !quiet.IsZero() {
			gap = e.start.Sub(quiet)
		}
		if at == nil || gap >= pageGap || len(at.calls) >= 40 {
			if at != nil {
				at.think = sensible(gap)
			}
			at = &method{}
			bursts = append(bursts, at)
		}
		c := r.call(e)
		c.in = at
		if len(at.calls) == 0 {
			at.name = r.names.name(methodName(e, c))
		}
		at.calls = append(at.calls, c)
		if login == nil && signsIn(e) {
			login = at
		}
		if signsOut(e) {
			logout = at
		}
		if quiet.Before(e.end()) {
			quiet = e.end()
		}
		before = e
	}
	if at := slices.Index(bursts, login); at >= 0 && at < len(bursts)-1 && logout != nil && slices.Index(bursts, logout) == at {
		login = nil
	}
	if at := slices.Index(bursts, login); login != nil && at >= 0 && at < len(bursts)-1 && len(bursts[at+1:]) > 0 {
		r.start = merge(bursts[:at+1], r.names.name("signIn"))
		bursts = bursts[at+1:]
		if n := len(bursts) - 1; n > 0 && bursts[n] == logout {
			bursts[n].think = 0
			r.stop = bursts[n]
			bursts = bursts[:n]
		}
	}
	for _, m := range bursts {
		m.doc = sends(m)
	}
	if r.stop != nil {
		r.stop.doc = sends(r.stop)
	}
	r.methods = bursts
	r.share()
	r.settle()
}

// sends says what a method does.
func sends(m *method) string {
	text := "sends " + m.calls[0].method + " " + m.calls[0].row
	switch n := len(m.calls) - 1; {
	case n == 1:
		text += " and what followed"
	case n > 1:
		text += fmt.Sprintf(" and the %d requests that followed", n)
	}
	return text
}

// merge makes one method of several.
func merge(all []*method, name string) *method {
	m := &method{name: name, doc: "signs in"}
	for i, part := range all {
		for _, c := range part.calls {
			c.in = m
		}
		if i < len(all)-1 && part.think > 0 {
			part.calls[len(part.calls)-1].pause = part.think
		}
		m.calls = append(m.calls, part.calls...)
	}
	return m
}

// sensible rounds a time to think: nobody thinks to the millisecond.
func sensible(d time.Duration) time.Duration {
	switch {
	case d <= 0:
		return 0
	case d > longThink:
		return longThink
	case d < 2*time.Second:
		return max(d.Round(100*time.Millisecond), 100*time.Millisecond)
	case d < 10*time.Second:
		return d.Round(500 * time.Millisecond)
	}
	return d.Round(time.Second)
}
