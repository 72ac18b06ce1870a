package traffic

import (
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var (
	outForm  = regexp.MustCompile(`(?i)/(log|sign)[-_]?(out|off)\b`)
	newForm  = regexp.MustCompile(`(?i)/(register|registration|sign[-_]?up)/?$`)
	endForm  = regexp.MustCompile(`(?i)/(sessions?|logins?|auth/token)(/(current|me))?/?$`)
	signForm = regexp.MustCompile(`(?i)/(log|sign)[-_]?(in|on)\b|/(auth\w*|oauth2?|sessions?|tokens?|logins?)\b`)
	whoForm  = regexp.MustCompile(`(?i)^(e?-?mail|email_?address|user_?name|login|nick(name)?|handle)$`)
)

// sign makes the beginning of what signing in needs, and the end of signing out. It
// returns the rest.
func (r *recorder) sign(bursts []*method, of map[*call]*exchange) []*method {
	var calls []*call
	for _, m := range bursts {
		calls = append(calls, m.calls...)
	}
	last := r.signedIn(calls, of)
	if last == nil {
		return bursts
	}
	var head, early, tail []*method
	for n, m := range bursts {
		if i := slices.Index(m.calls, last); i >= 0 {
			needed, others := needs(append(slices.Clone(bursts[:n]), &method{calls: m.calls[:i+1], think: m.think}), of)
			head, tail = needed, bursts[n+1:]
			if i+1 < len(m.calls) {
				tail = append([]*method{{calls: m.calls[i+1:], think: m.think}}, tail...)
			}
			early = others
		}
	}
	if len(tail) == 0 {
		return bursts // who only signs in does that again and again
	}
	tail = append(early, tail...)
	end := tail[len(tail)-1]
	i := slices.IndexFunc(end.calls, func(c *call) bool { return signsOut(of[c]) })
	switch {
	case i < 0, i == 0 && len(tail) == 1:
	case i == 0:
		r.stop, tail = end, tail[:len(tail)-1]
	default:
		r.stop = &method{calls: end.calls[i:]}
		tail = append(slices.Clone(tail[:len(tail)-1]), &method{calls: end.calls[:i]})
	}
	r.start = merge(head, r.names.name("signIn"))
	return tail
}

// soonEnough is how many requests before signing in all belong to it.
const soonEnough = 10

// needs parts what was done up to signing in, the last call, from what had nothing to do
// with it, if there is much: a visitor who looks around first does so as a task.
func needs(bursts []*method, of map[*call]*exchange) (needed, others []*method) {
	var calls []*call
	for _, m := range bursts {
		calls = append(calls, m.calls...)
	}
	at := len(calls) - 1
	if at <= soonEnough {
		return bursts, nil
	}
	wanted := map[*call]bool{calls[at]: true, calls[at-1]: calls[at-1].page}
	for i := at; i >= 0; i-- { // values come from earlier calls
		c := calls[i]
		if newForm.MatchString(of[c].url.Path) {
			wanted[c] = true
		}
		if !wanted[c] {
			continue
		}
		mentions(c, func(p piece) bool {
			if p.carry != nil {
				wanted[p.carry.from] = true
			}
			if p.fresh != nil {
				wanted[p.fresh.made] = true
			}
			return false
		})
	}
	for _, m := range bursts {
		in, out := &method{think: m.think}, &method{think: m.think}
		for _, c := range m.calls {
			if wanted[c] {
				in.calls = append(in.calls, c)
			} else {
				out.calls = append(out.calls, c)
			}
		}
		if len(in.calls) > 0 {
			needed = append(needed, in)
		}
		if len(out.calls) > 0 {
			others = append(others, out)
		}
	}
	return needed, others
}

// signedIn returns the call after which a user is signed in, nil when none is. That is
// one with a password, and what soon after it brings a token that later calls show; or
// the first that brings one, if that is in the first half.
func (r *recorder) signedIn(calls []*call, of map[*call]*exchange) *call {
	var bringers []*call
	for _, k := range r.memory.held {
		e := of[k.from]
		if e != nil && (e.method != http.MethodGet || signForm.MatchString(e.url.Path)) && slices.ContainsFunc(k.uses, func(c *call) bool { return shows(c, k) }) {
			bringers = append(bringers, k.from)
		}
	}
	at := slices.IndexFunc(calls, func(c *call) bool { return signsIn(of[c]) })
	if at < 0 {
		at = slices.IndexFunc(calls, func(c *call) bool { return slices.Contains(bringers, c) })
		if at < 0 || at > len(calls)/2 { // so late it is for something else
			return nil
		}
	}
	const soon = 3 // a code is exchanged for a token, and that for another
	for i := at + 1; i < len(calls) && i <= at+soon; i++ {
		if slices.Contains(bringers, calls[i]) && !slices.Contains(bringers, calls[at]) {
			at = i
			break
		}
	}
	return calls[at]
}

// shows reports whether a call has a carried value in the header field that says who asks.
func shows(c *call, k *carried) bool {
	return slices.ContainsFunc(c.header, func(h setting) bool {
		return says(h.name) && len(h.value) > 0 && h.value[len(h.value)-1].carry == k
	})
}

// says reports whether a header field says who asks.
func says(name string) bool {
	if name == "Authorization" {
		return true
	}
	return secretName(name) && !slices.ContainsFunc(words(name), func(w string) bool { return w == "csrf" || w == "xsrf" || w == "cookie" || w == "nonce" })
}

func signsOut(e *exchange) bool {
	return outForm.MatchString(e.url.Path) || e.method == http.MethodDelete && endForm.MatchString(e.url.Path)
}

// signsIn reports whether a request carries a password that was accepted.
func signsIn(e *exchange) bool {
	if e.method != http.MethodPost && e.method != http.MethodPut || newForm.MatchString(e.url.Path) {
		return false
	}
	a := e.last()
	if a == nil && !signForm.MatchString(e.url.Path) || a != nil && a.status >= 400 {
		return false
	}
	return slices.ContainsFunc(bodyNames(e), typed)
}

// bodyNames returns the names of a form or of a JSON body.
func bodyNames(e *exchange) (names []string) {
	mediaType, _, _ := mime.ParseMediaType(field(e.header, "Content-Type"))
	if strings.HasSuffix(mediaType, "form-urlencoded") {
		for _, p := range splitPairs(string(e.body)) {
			names = append(names, p.name)
		}
	}
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				names = append(names, name)
				if depth < 4 {
					walk(inner, depth+1)
				}
			}
		case []any:
			for _, inner := range v[:min(len(v), 10)] {
				if depth < 4 {
					walk(inner, depth+1)
				}
			}
		}
	}
	var root any
	if json.Unmarshal(e.body, &root) == nil {
		walk(root, 0)
	}
	for _, p := range e.parts {
		names = append(names, p.name)
	}
	return names
}
