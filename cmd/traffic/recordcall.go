package traffic

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

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
	c.page = e.method == "GET" && (e.kind == "document" || e.kind == "" && e.last() != nil && strings.HasPrefix(e.last().mime, "text/html"))
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
	for _, d := range r.doubts {
		r.notes.add("%s %s sends %s as it was recorded, but the answer to %s %s had it: carry it from there if it changes", c.method, c.row, d.name, d.from.method, d.from.row)
	}
	r.doubts = nil
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
		c.answers[len(c.answers)-1].body, a.body = nil, nil // it may be large
	}
	return c
}

// linkForm matches what stands before a token in the links of mails.
var linkForm = regexp.MustCompile(`(?i)^(reset|invit|verif|confirm|activat|magic|unsubscribe|share|token|secret)`)

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
		name := ""
		if i > 0 && linkForm.MatchString(strings.Split(path, "/")[i-1]) && len(plainPart) >= 16 && digit.MatchString(plainPart) {
			name = "link-token"
		}
		t := r.text(plainPart, name, c)
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
	if value != "" && name != "" && secretName(name) {
		return text{{secret: r.secret(value, name)}}
	}
	if s := r.byText[value]; s != nil && len(value) >= 6 {
		return text{{secret: s}}
	}
	if r.memory.cookies[value] || secretValue(value) && (name != "" || aTokenForm.MatchString(value)) && !idName(name) {
		return text{{secret: r.guess(value, name, c)}}
	}
	r.doubt(value, name)
	r.memory.typed[value] = true
	return r.scrub(value, c, !strings.ContainsAny(value, " \n"), false)
}

// doubt remembers that a value stays as it was recorded although an answer had it, where
// that may be no chance.
func (r *recorder) doubt(value, name string) {
	if r.memory.typed[value] || typed(name) || whoForm.MatchString(name) {
		return
	}
	from := r.memory.seen.of(strings.TrimRight(value, "="))
	if from != nil && (coded(value) && len(value) >= 6 || numberForm.MatchString(value) && (idName(name) || nextName(name))) {
		r.doubts = append(r.doubts, doubt{cmp.Or(name, "a part of its path"), from})
	}
}

// A doubt is the name of a value that an earlier answer had and nobody carries.
type doubt struct {
	name string
	from *call
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

// guess makes a secret of what looks like one, and says so.
func (r *recorder) guess(value, name string, c *call) *secret {
	s := r.secret(value, name)
	r.notes.add("%s %s has what looks like a secret: --%s. If it is none, write it into the source", c.method, cmp.Or(c.row, "/"), s.param)
	return s
}

// headerText returns the value of a header field.
func (r *recorder) headerText(p pair, c *call) text {
	if k := r.memory.held[p.value]; says(p.name) && k != nil && len(p.value) >= 8 {
		return r.shown(k, c)
	}
	if scheme, rest, ok := strings.Cut(p.value, " "); ok && p.name == "Authorization" {
		if strings.EqualFold(scheme, "Basic") {
			if data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil && utf8.Valid(data) {
				user, password, _ := strings.Cut(string(data), ":")
				return r.basic(user, password).value
			}
		}
		if k := r.memory.held[rest]; k != nil && len(rest) >= 8 && oneLine(scheme) == scheme && len(scheme) < 20 {
			return append(plain(scheme+" "), r.shown(k, c)...)
		}
		if t := r.text(rest, "token", c); oneLine(scheme) == scheme && len(scheme) < 20 {
			return append(plain(scheme+" "), t...)
		}
	}
	return r.text(p.value, p.name, c)
}

// shown returns a carried value that says who asks.
func (r *recorder) shown(k *carried, c *call) text {
	if !slices.Contains(k.uses, c) {
		k.uses = append(k.uses, c)
	}
	r.hide(k)
	return text{{carry: k}}
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
	if sent == "" || r.origin != fromCurl && e.url.Host != r.home.Host && e.url.Scheme+"://"+e.url.Host != r.host {
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

// basicText is what the header field of basic authentication holds.
func basicText(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
