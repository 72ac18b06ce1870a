package traffic

import (
	"fmt"
	"slices"
	"strings"
)

// share finds the header fields that are those of a user and not of a request.
func (r *recorder) share() {
	calls := r.all()
	for _, c := range calls {
		if c.host != "" {
			return // another host must not see them
		}
	}
	// An Authorization that is carried, and goes with everything since.
	for _, k := range r.memory.held {
		if len(k.uses) == 0 {
			continue
		}
		from := slices.Index(calls, k.from)
		prefix, every := "", len(calls) > from+1
		for _, c := range calls[from+1:] {
			i := slices.IndexFunc(c.header, func(h setting) bool { return h.name == "Authorization" })
			if i < 0 {
				every = false
				break
			}
			t := c.header[i].value
			if len(t) == 0 || t[len(t)-1].carry != k || len(t) > 2 {
				every = false
				break
			}
			if len(t) == 2 {
				prefix = t[0].lit
			}
		}
		if !every {
			continue
		}
		k.isSticky, k.sticky = true, prefix
		for _, c := range calls[from+1:] {
			c.header = slices.DeleteFunc(c.header, func(h setting) bool { return h.name == "Authorization" })
			if !mentions(c, func(p piece) bool { return p.carry == k }) {
				k.uses = slices.DeleteFunc(k.uses, func(u *call) bool { return u == c })
			}
		}
	}
	if len(calls) < 2 {
		return
	}
	for _, h := range slices.Clone(calls[0].header) {
		if h.name == "Content-Type" || !h.value.fixed() {
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
		if len(k.uses) > 0 || k.isSticky {
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
