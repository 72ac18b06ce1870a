package traffic

import (
	"fmt"
	"slices"
	"strings"
)

// share finds the header fields that are those of a user and not of a request.
func (r *recorder) share() {
	calls := r.all()
	var shown []string
	for _, c := range calls {
		for _, h := range c.header {
			if says(h.name) && !slices.Contains(shown, h.name) {
				shown = append(shown, h.name)
			}
		}
	}
	for _, name := range shown {
		r.stick(calls, name)
	}
	if len(calls) < 2 {
		return
	}
	strangers := slices.ContainsFunc(calls, func(c *call) bool { return c.host != "" })
	for _, h := range slices.Clone(calls[0].header) {
		_, open := h.value.pure()
		if h.name == "Content-Type" || !h.value.fixed() || strangers && !open { // another host must not see a secret
			continue
		}
		everywhere := true
		for _, c := range calls {
			everywhere = everywhere && slices.ContainsFunc(c.header, func(x setting) bool { return x.name == h.name && slices.Equal(x.value, h.value) })
		}
		if !everywhere {
			continue
		}
		r.header = append(r.header, h)
		for _, c := range calls {
			c.header = slices.DeleteFunc(c.header, func(x setting) bool { return x.name == h.name })
		}
	}
	if len(r.header) > 0 && r.start == nil {
		r.start = &method{name: r.names.name("prepare"), doc: "sets what goes with every request"}
	}
}

// stick makes a header field that is carried, and goes with everything since, the user's
// own. When another token comes, it takes the place of the one before. A page need not
// have had it: a browser cannot be told to send it there.
func (r *recorder) stick(calls []*call, name string) {
	value := func(c *call) text {
		if i := slices.IndexFunc(c.header, func(h setting) bool { return h.name == name }); i >= 0 {
			return c.header[i].value
		}
		return nil
	}
	sources := map[*call]*carried{}
	prefix := map[*carried]string{}
	for _, c := range calls {
		if t := value(c); len(t) > 0 && len(t) <= 2 && t[len(t)-1].carry != nil {
			k := t[len(t)-1].carry
			sources[k.from], prefix[k] = k, ""
			if len(t) == 2 {
				prefix[k] = t[0].lit
			}
		}
	}
	var now *carried
	for _, c := range calls {
		if now != nil {
			t := value(c)
			if c.host != "" || t == nil && !c.page || t != nil && (t[len(t)-1].carry != now || len(t) == 2 && t[0].lit != prefix[now]) {
				return
			}
		}
		if k := sources[c]; k != nil && k.stickyName == "" {
			now = k
		}
	}
	for _, k := range sources {
		k.stickyName, k.sticky = name, prefix[k]
	}
	for _, c := range calls {
		t := value(c)
		if t == nil || t[len(t)-1].carry == nil {
			continue
		}
		k := t[len(t)-1].carry
		c.header = slices.DeleteFunc(c.header, func(h setting) bool { return h.name == name })
		if !mentions(c, func(p piece) bool { return p.carry == k }) {
			k.uses = slices.DeleteFunc(k.uses, func(u *call) bool { return u == c })
		}
	}
}

// mentions reports whether a call has a piece that is as wanted.
func mentions(c *call, wanted func(piece) bool) bool {
	var in func(v any) bool
	in = func(v any) bool {
		switch v := v.(type) {
		case text:
			return slices.ContainsFunc(v, wanted)
		case []setting:
			return slices.ContainsFunc(v, func(s setting) bool { return in(s.value) })
		case map[string]any:
			for _, x := range v {
				if in(x) {
					return true
				}
			}
		case []any:
			return slices.ContainsFunc(v, in)
		}
		return false
	}
	for _, p := range c.body.parts {
		if in(p.value) {
			return true
		}
	}
	return in(c.path) || in(c.query) || in(c.header) || in(c.body.json) || in(c.body.form) || in(c.body.raw)
}

// settle decides what is taken out of which answer, and where it is kept.
func (r *recorder) settle() {
	calls := r.all()
	r.carries = nil
	for _, k := range r.memory.held {
		if len(k.uses) > 0 || k.stickyName != "" {
			r.carries = append(r.carries, k)
		}
	}
	slices.SortFunc(r.carries, func(a, b *carried) int {
		if x, y := slices.Index(calls, a.from), slices.Index(calls, b.from); x != y {
			return x - y
		}
		return strings.Compare(fmt.Sprint(a.path, a.header, a.cookie, a.pattern), fmt.Sprint(b.path, b.header, b.cookie, b.pattern))
	})
	for _, k := range r.carries {
		k.local = !slices.ContainsFunc(k.uses, func(c *call) bool { return c.in != k.from.in })
		if len(k.uses) > 0 {
			k.field = r.names.name(identifier(r.called(k), "value", false))
		}
		k.from.takes = append(k.from.takes, k)
	}
}

// called says how to call a carried value: an id is called after what it is the id of.
func (r *recorder) called(k *carried) string {
	if w := words(k.key); len(w) == 1 && (idName(w[0]) || w[0] == "location") {
		if of := pathWords(k.from.row); of[0] != "front" {
			return singular(of[len(of)-1]) + "_" + k.key
		}
	}
	return k.key
}
