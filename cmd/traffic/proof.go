package traffic

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// proof writes the test: it plays the scenario against what was recorded.
func (w *writer) proof() ([]byte, error) {
	clear(w.imports)
	for _, path := range []string{"net/http", "testing", "testing/synctest", "github.com/gregaria/gregaria/engine/load/loadtest"} {
		w.uses(path)
	}
	name := w.test()
	w.line("// %s plays the scenario to a target that answers as recorded, as far as the scenario reads it.", name)
	w.line("func %s(t *testing.T) {", name)
	w.line(`recorded := []struct {
		method, path string
		carries      []string // what the request must have from earlier answers, and secrets
		status       int
		header       map[string]string
		body         string
	}{`)
	for _, c := range w.played() {
		if len(c.answers) == 0 { // none is known: any will do
			w.answer(c, answer{method: c.method, status: http.StatusOK}, true, true)
		}
		for i, a := range c.answers {
			w.answer(c, a, i == 0, i == len(c.answers)-1)
		}
	}
	w.line("}")
	w.line(`next := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next == len(recorded) {
			t.Errorf("%%s %%s came after the last request recorded", r.Method, r.URL)
			return
		}
		want := recorded[next]
		next++
		if path := r.URL.EscapedPath(); r.Method != want.method || want.path != "" && path != want.path {
			t.Errorf("request %%d is %%s %%s, want %%s %%s", next, r.Method, path, want.method, want.path)
		}`)
	if w.carriesAnything() {
		for _, path := range []string{"io", "fmt", "strings"} {
			w.uses(path)
		}
		w.line(`body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("request %%d: %%v", next, err)
		}
		sent := fmt.Sprint(r.URL, r.Header, string(body))
		for _, value := range want.carries {
			if !strings.Contains(sent, value) {
				t.Errorf("request %%d, %%s %%s, lacks %%q: %%s", next, r.Method, r.URL.Path, value, sent)
			}
		}`)
	}
	w.line(`for name, value := range want.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(want.status)
		w.Write([]byte(want.body))
	})`)
	options := ""
	if len(w.secrets) > 0 {
		var params []string
		for _, s := range w.secrets {
			params = append(params, fmt.Sprintf("%q: %q", s.param, s.stand))
		}
		options = "Params: map[string]string{" + strings.Join(params, ", ") + "}"
	}
	w.line("synctest.Test(t, func(t *testing.T) { // where no time is lost to pauses")
	w.line("loadtest.Run(t, %s, h, loadtest.Options{%s})", w.variable, options)
	w.line("})")
	w.line(`if next != len(recorded) {
		t.Errorf("%%d requests came, want the %%d recorded", next, len(recorded))
	}
}`)
	return w.finish("")
}

func (w *writer) carriesAnything() bool {
	return slices.ContainsFunc(w.all(), func(c *call) bool { return len(w.needs(c)) > 0 })
}

var safeForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// needs returns what must be found in a request.
func (w *writer) needs(c *call) (all []string) {
	add := func(value string) {
		if safeForm.MatchString(value) && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	for _, k := range w.script.carries {
		if slices.Contains(k.uses, c) && k.chosen == nil {
			add(k.standIn())
		}
	}
	calls := w.all()
	for _, k := range w.script.carries {
		if k.stickyName != "" && k == w.stuck(calls, k.stickyName, c) {
			add(k.standIn())
		}
	}
	for _, s := range w.secrets {
		if s.basic == "" && !s.basicPair && mentionsSecret(c, s) {
			add(s.stand)
		}
	}
	return all
}

// stuck returns what a field of the user's header has when a call is made.
func (w *writer) stuck(calls []*call, name string, at *call) (now *carried) {
	for _, c := range calls[:slices.Index(calls, at)] {
		for _, k := range w.script.carries {
			if k.from == c && k.stickyName == name {
				now = k
			}
		}
	}
	return now
}

func mentionsSecret(c *call, s *secret) bool {
	has := func(t text) bool { return slices.ContainsFunc(t, func(p piece) bool { return p.secret == s }) }
	for _, list := range [][]setting{c.query, c.header, c.body.form} {
		if slices.ContainsFunc(list, func(x setting) bool { return has(x.value) }) {
			return true
		}
	}
	return has(c.path)
}

// answer writes one answer of the recording.
func (w *writer) answer(c *call, a answer, first, last bool) {
	path := cmp.Or(a.path, "/")
	if first {
		path = w.path(c)
	} else {
		path = w.disguise(path)
	}
	var items []string
	items = append(items, "method: "+quote(a.method), "path: "+quote(path))
	if needs := w.needs(c); first && len(needs) > 0 {
		var all []string
		for _, n := range needs {
			all = append(all, quote(n))
		}
		items = append(items, "carries: []string{"+strings.Join(all, ", ")+"}")
	}
	status := fmt.Sprint(a.status)
	if a.status == http.StatusOK {
		status = "http.StatusOK"
	}
	items = append(items, "status: "+status)
	header := map[string]string{}
	if redirect(a.status) && a.location != "" && !last {
		header["Location"] = w.disguise(a.location)
	}
	body := ""
	if last {
		var example []byte
		if w.weighted {
			example = a.body
		}
		body = answerBody(c.takes, example)
		for _, k := range c.takes {
			switch {
			case k.cookie != "":
				header["Set-Cookie"] = k.cookie + "=" + k.standIn() + "; Path=/"
			case k.tail && header[k.header] != "": // it ends so
			case k.tail:
				header[k.header] = "/" + k.standIn()
			case k.header != "":
				header[k.header] = k.standIn()
			}
		}
	}
	if len(header) > 0 {
		var all []string
		for _, name := range sortedKeys(header) {
			all = append(all, quote(name)+": "+quote(header[name]))
		}
		items = append(items, "header: map[string]string{"+strings.Join(all, ", ")+"}")
	}
	if body != "" {
		items = append(items, "body: "+quoteRaw(body))
	}
	w.line("{%s},", strings.Join(items, ", "))
}

// path returns the path of a call as the test's target sees it, "" when it is another
// each time.
func (w *writer) path(c *call) string {
	all := ""
	for _, p := range c.path {
		switch {
		case p.fresh != nil, p.carry != nil && p.carry.chosen != nil:
			return ""
		case p.carry != nil:
			all += url.PathEscape(p.carry.standIn())
		case p.secret != nil:
			all += url.PathEscape(p.secret.stand)
		default:
			all += p.lit
		}
	}
	return cmp.Or(strings.TrimPrefix(all, c.host), "/")
}

// disguise replaces secrets in what was recorded.
func (w *writer) disguise(raw string) string {
	for _, k := range w.script.carries {
		if k.stand != "" && len(k.value) >= 4 {
			raw = strings.ReplaceAll(raw, k.value, k.stand)
		}
	}
	for _, s := range w.secrets {
		if len(s.value) >= 4 {
			raw = strings.ReplaceAll(raw, s.value, s.stand)
		}
	}
	return mask(raw, "hidden")
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
