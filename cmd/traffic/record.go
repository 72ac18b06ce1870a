package traffic

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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

var (
	outForm = regexp.MustCompile(`(?i)/(log|sign)[-_]?(out|off)\b`)
	newForm = regexp.MustCompile(`(?i)/(register|registration|sign[-_]?up)/?$`)
	whoForm = regexp.MustCompile(`(?i)^(e?-?mail|email_?address|user_?name|login|nick(name)?|handle)$`)
)

func signsOut(e *exchange) bool { return outForm.MatchString(e.url.Path) }

// signsIn reports whether a request carries a password that was accepted.
func signsIn(e *exchange) bool {
	if e.method != http.MethodPost || newForm.MatchString(e.url.Path) {
		return false
	}
	if a := e.last(); a != nil && a.status >= 400 {
		return false
	}
	for _, name := range bodyNames(e) {
		if typed(name) && strings.Contains(strings.Join(words(name), ""), "pass") {
			return true
		}
	}
	return false
}

// bodyNames returns the names at the top of a form or a JSON body.
func bodyNames(e *exchange) (names []string) {
	mediaType, _, _ := mime.ParseMediaType(field(e.header, "Content-Type"))
	if strings.HasSuffix(mediaType, "form-urlencoded") {
		for _, p := range splitPairs(string(e.body)) {
			names = append(names, p.name)
		}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(e.body, &object) == nil {
		for name := range object {
			names = append(names, name)
		}
	}
	for _, p := range e.parts {
		names = append(names, p.name)
	}
	return names
}

var verbs = map[string]string{"GET": "get", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete", "HEAD": "head"}

var versionForm = regexp.MustCompile(`^(api|rest|v\d+(\.\d+)*)$`)

func methodName(e *exchange, c *call) string {
	verb := cmp.Or(verbs[e.method], "send")
	if e.kind == "document" && e.method == "GET" {
		verb = "open"
	}
	path := pathWords(c.row)
	if strings.HasSuffix(c.row, "}") {
		path[len(path)-1] = singular(path[len(path)-1])
	}
	return camel(append([]string{verb}, path...), false)
}

// pathWords returns the words by which a path is known: those of its last two parts
// that are the same for everybody.
func pathWords(row string) []string {
	var parts [][]string
	if u, err := url.Parse(row); err == nil && u.Host != "" {
		row = u.Path
	}
	for s := range strings.SplitSeq(row, "/") {
		if versionForm.MatchString(s) || strings.HasPrefix(s, "{") {
			continue
		}
		if w := words(strings.TrimSuffix(strings.TrimSuffix(s, ".html"), ".php")); len(w) > 0 {
			parts = append(parts, w)
		}
	}
	if len(parts) == 0 {
		return []string{"front"}
	}
	return slices.Concat(parts[max(0, len(parts)-2):]...)
}

// call makes a call of an exchange, and remembers what was answered.
func (r *recorder) call(e *exchange) *call {
	c := &call{method: e.method}
	if e.url.Scheme+"://"+e.url.Host != r.host || strings.HasPrefix(e.url.EscapedPath(), "//") {
		c.host = e.url.Scheme + "://" + e.url.Host
	}
	if e.times > 1 {
		c.comment = fmt.Sprintf("Asked %d times in a row while it was recorded.", e.times)
	}
	r.route(c, e.url)
	for _, p := range splitPairs(e.url.RawQuery) {
		c.query = append(c.query, setting{p.name, r.text(p.value, p.name, c)})
	}
	if user := e.url.User; user != nil {
		password, _ := user.Password()
		c.header = append(c.header, r.basic(user.Username(), password))
	}
	for _, p := range e.meant() {
		if p.name == "Authorization" && e.url.User != nil {
			continue
		}
		c.header = append(c.header, setting{p.name, r.headerText(p, c)})
	}
	r.cookies(e, c)
	r.body(e, c)
	for i := range e.answers {
		a := e.answers[i]
		c.answers = append(c.answers, a)
		for _, p := range a.header {
			if strings.EqualFold(p.name, "Set-Cookie") {
				name, _, _ := strings.Cut(p.value, "=")
				r.pulled[name] = true
			}
		}
	}
	if a := e.last(); a != nil {
		if a.status < http.StatusInternalServerError {
			c.expect = []int{a.status}
		} else {
			r.notes.add("%s %s was answered with status %d when it was recorded: no user expects that", c.method, e.url.Path, a.status)
			c.answers[len(c.answers)-1].status = http.StatusOK // for the test, which is of a target in order
		}
		r.memory.learn(c, a)
	}
	return c
}

// route makes the path of a call and the name of its row.
func (r *recorder) route(c *call, u *url.URL) {
	path := cmp.Or(u.EscapedPath(), "/")
	if c.host != "" {
		c.path = plain(c.host)
	}
	var row []string
	for i, s := range strings.Split(path, "/") {
		if i > 0 {
			c.path = append(c.path, piece{lit: "/"})
		}
		plainPart, err := url.PathUnescape(s)
		if err != nil || s == "" {
			c.path = append(c.path, piece{lit: s})
			row = append(row, s)
			continue
		}
		place := placeholder(plainPart)
		t := r.text(plainPart, "", c)
		if _, literal := t.pure(); literal {
			c.path = append(c.path, piece{lit: s})
			row = append(row, cmp.Or(place, s))
			continue
		}
		c.path = append(c.path, t...)
		row = append(row, cmp.Or(place, "{"+partName(t)+"}"))
	}
	c.row = c.host + strings.Join(row, "/")
}

// partName says what a part of a path is, that differs.
func partName(t text) string {
	for _, p := range t {
		switch {
		case p.carry != nil && (strings.HasSuffix(p.carry.key, "slug") || strings.HasSuffix(p.carry.key, "code")):
			return words(p.carry.key)[len(words(p.carry.key))-1]
		case p.secret != nil:
			return "secret"
		}
	}
	return "id"
}

// text returns a recorded value as what it stands for.
func (r *recorder) text(value, name string, c *call) text {
	if k := r.memory.use(value, name, c); k != nil {
		if secretName(name) || secretName(k.key) || secretValue(value) {
			r.hide(k)
		}
		return text{{carry: k}}
	}
	if f := r.made[value]; f != nil {
		return text{{fresh: f}}
	}
	if value != "" && (name != "" && secretName(name) || secretValue(value)) {
		return text{{secret: r.secret(value, name)}}
	}
	if s := r.byText[value]; s != nil && len(value) >= 6 {
		return text{{secret: s}}
	}
	r.memory.typed[value] = true
	return plain(value)
}

// hide gives a carried secret another value in the test.
func (r *recorder) hide(k *carried) {
	if k.stand == "" && !k.number {
		k.stand = fmt.Sprint(slug(k.key), "-", len(r.carries)+1)
		r.carries = append(r.carries, k)
	}
}

func (r *recorder) secret(value, name string) *secret {
	if s := r.byText[value]; s != nil {
		return s
	}
	param := r.params.name(r.name + "-" + slug(cmp.Or(name, "token")))
	s := &secret{
		value: value, param: param, stand: fmt.Sprint("secret-", len(r.secrets)+1),
		help: cmp.Or(oneLine(name), "token"),
	}
	r.byText[value] = s
	r.secrets = append(r.secrets, s)
	return s
}

// headerText returns the value of a header field.
func (r *recorder) headerText(p pair, c *call) text {
	if scheme, rest, ok := strings.Cut(p.value, " "); ok && p.name == "Authorization" {
		if strings.EqualFold(scheme, "Basic") {
			if data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil && utf8.Valid(data) {
				user, password, _ := strings.Cut(string(data), ":")
				return r.basic(user, password).value
			}
		}
		if t := r.text(rest, "token", c); oneLine(scheme) == scheme && len(scheme) < 20 {
			return append(plain(scheme+" "), t...)
		}
	}
	return r.text(p.value, p.name, c)
}

// basic returns the header field of a user and a password.
func (r *recorder) basic(user, password string) setting {
	s := r.secret(user+":"+password, "password")
	s.basic = user
	s.value = password
	s.help = "password of " + oneLine(user)
	return setting{"Authorization", append(plain("Basic "), piece{secret: s})}
}

var sessionCookie = regexp.MustCompile(`(?i)sess|auth|token|jwt|login|\bsid\b|remember`)

// cookies makes a secret of the cookies that no answer has set.
func (r *recorder) cookies(e *exchange, c *call) {
	sent := field(e.header, "Cookie")
	if sent == "" || r.origin != fromCurl && e.url.Host != r.home.Host {
		return
	}
	cookies, err := http.ParseCookie(sent)
	if err != nil {
		return
	}
	for _, k := range cookies {
		if r.origin != fromCurl && (!sessionCookie.MatchString(k.Name) || r.pulled[k.Name]) {
			continue
		}
		s := r.secret(sent, "cookies")
		s.help = "the header Cookie of somebody who is signed in"
		c.header = append(c.header, setting{"Cookie", text{{secret: s}}})
		if r.origin != fromCurl {
			r.notes.add("the recording begins signed in: cookies come from --%s; record signing in to have each user do it", s.param)
		}
		return
	}
}

func (r *recorder) body(e *exchange, c *call) {
	contentType := field(e.header, "Content-Type")
	mediaType, values, _ := mime.ParseMediaType(contentType)
	if strings.HasPrefix(mediaType, "multipart/") && e.parts == nil && len(e.body) > 0 {
		e.parts = readParts(e.body, values["boundary"])
	}
	switch {
	case e.parts != nil:
		c.body.kind = partsBody
		for _, p := range e.parts {
			t := plain(p.value)
			if p.file == "" {
				t = r.text(p.value, p.name, c)
			} else if p.value == "" {
				t = plain("a file")
				r.notes.add("the file %s is not in the recording: it is made up", p.file)
			}
			c.body.parts = append(c.body.parts, piecePart{name: p.name, file: p.file, mime: p.mime, value: t})
		}
	case len(e.body) == 0:
	case strings.HasSuffix(mediaType, "form-urlencoded"):
		c.body.kind = formBody
		for _, p := range splitPairs(string(e.body)) {
			r.refresh(e, p.name, p.value, c)
			c.body.form = append(c.body.form, setting{p.name, r.text(p.value, p.name, c)})
		}
	case strings.HasSuffix(mediaType, "json") || mediaType == "text/plain" && json.Valid(e.body) && e.body[0] == '{':
		decoder := json.NewDecoder(bytes.NewReader(e.body))
		decoder.UseNumber()
		var root any
		if decoder.Decode(&root) == nil && decoder.Decode(&struct{}{}) == io.EOF {
			c.body.kind, c.body.json = jsonBody, r.tree(root, "", e, c, 0)
			if contentType != "application/json" && oneLine(contentType) == contentType {
				c.header = append(c.header, setting{"Content-Type", plain(contentType)})
			}
			if object, ok := root.(map[string]any); ok && object["query"] != nil {
				if name, _ := object["operationName"].(string); identifierForm.MatchString(name) {
					c.row += " (" + name + ")"
				}
			}
			break
		}
		fallthrough
	default:
		c.body.kind, c.body.mime = rawBody, cmp.Or(oneLine(contentType), "application/octet-stream")
		c.body.raw = r.scrub(string(e.body))
		if secretName(c.body.mime + " " + oneLine(string(e.body[:min(len(e.body), 2000)]))) {
			r.notes.add("the body of %s %s stands in the source as it was sent: look for secrets in it", c.method, c.row)
		}
	}
}

var identifierForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,60}$`)

// scrub puts known secrets and carried values into a text that is of no known form.
func (r *recorder) scrub(raw string) text {
	t := plain(raw)
	for _, s := range r.secrets {
		value := s.value
		if len(value) < 6 || s.basic != "" {
			continue
		}
		var next text
		for _, p := range t {
			if p.secret != nil {
				next = append(next, p)
				continue
			}
			for i, rest := range strings.Split(p.lit, value) {
				if i > 0 {
					next = append(next, piece{secret: s})
				}
				next = append(next, piece{lit: rest})
			}
		}
		t = next
	}
	return t
}

// refresh makes a value another one for each user, where a user registers.
func (r *recorder) refresh(e *exchange, name, value string, c *call) {
	if !newForm.MatchString(e.url.Path) || !whoForm.MatchString(name) || len(value) < 3 || r.made[value] != nil || r.memory.typed[value] {
		return
	}
	f := &fresh{value: value, prefix: "u", made: c}
	if _, domain, ok := strings.Cut(value, "@"); ok && oneLine(domain) == domain {
		f.suffix = "@" + domain
	}
	f.field = r.names.name(identifier(name, "name", false))
	r.made[value] = f
	r.fresh = append(r.fresh, f)
}

// tree makes the body of a call from decoded JSON.
func (r *recorder) tree(v any, name string, e *exchange, c *call, depth int) any {
	switch v := v.(type) {
	case string:
		r.refresh(e, name, v, c)
		return r.text(v, name, c)
	case json.Number:
		if k := r.memory.use(v.String(), cmp.Or(name, "value"), c); k != nil && k.number {
			return text{{carry: k}}
		}
		r.memory.typed[v.String()] = true
		return v
	case map[string]any:
		object := map[string]any{}
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			object[key] = r.tree(v[key], key, e, c, depth+1)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = r.tree(v[i], name, e, c, depth+1)
		}
		return list
	}
	return v
}

func readParts(body []byte, boundary string) (parts []part) {
	if boundary == "" {
		return nil
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := reader.NextPart()
		if err != nil {
			return parts
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return parts
		}
		parts = append(parts, part{p.FormName(), string(data), p.FileName(), p.Header.Get("Content-Type")})
	}
}

// splitPairs returns the names and values of a query or a form, in order.
func splitPairs(raw string) (pairs []pair) {
	for s := range strings.SplitSeq(raw, "&") {
		if s == "" {
			continue
		}
		name, value, _ := strings.Cut(s, "=")
		pairs = append(pairs, pair{unescape(name), unescape(value)})
	}
	return pairs
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// all returns every call in order.
func (s *script) all() (calls []*call) {
	if s.start != nil {
		calls = append(calls, s.start.calls...)
	}
	for _, m := range s.methods {
		calls = append(calls, m.calls...)
	}
	if s.stop != nil {
		calls = append(calls, s.stop.calls...)
	}
	return calls
}

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

// basicText is what the header field of basic authentication holds.
func basicText(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
