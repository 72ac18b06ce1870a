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
	doubts []doubt         // about the call that is being made
}

func record(kept []*exchange, o Options, n *notes, origin string) (*Result, error) {
	r := newRecorder(o, n, origin)
	r.home = homeOf(kept)
	r.host = hostOf(kept, r.home)
	r.build(kept)
	return r.write(n)
}

func newRecorder(o Options, n *notes, origin string) *recorder {
	return &recorder{
		script: &script{name: slug(o.Name), pkg: cmp.Or(o.Package, "scenarios"), beside: o.Beside, origin: origin},
		memory: memory{held: map[string]*carried{}, typed: map[string]bool{}, cookies: map[string]bool{}},
		names:  scope{}, params: scope{}, byText: map[string]*secret{}, made: map[string]*fresh{}, pulled: map[string]bool{},
		notes: n,
	}
}

func (r *recorder) build(kept []*exchange) {
	var bursts []*method
	var at *method
	var before *exchange
	var quiet time.Time // when the latest answer had come
	of := map[*call]*exchange{}
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
		of[c] = e
		at.calls = append(at.calls, c)
		if quiet.Before(e.end()) {
			quiet = e.end()
		}
		before = e
	}
	bursts = r.sign(bursts, of)
	for _, m := range bursts {
		m.name = r.names.name(methodName(of[m.calls[0]], m.calls[0]))
	}
	if r.stop != nil {
		r.stop.name = r.names.name(methodName(of[r.stop.calls[0]], r.stop.calls[0]))
	}
	for _, m := range append(slices.Clone(bursts), r.stop) {
		if m == nil {
			continue
		}
		m.doc = sends(m)
		for _, c := range m.calls {
			c.in = m
		}
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
