package traffic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A writer writes Go.
type writer struct {
	*script
	b        strings.Builder
	imports  map[string]bool
	variable string
	user     string // the type of the state
	parts    string // the function that makes multipart forms, "" when none is needed
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *writer) uses(path string) { w.imports[path] = true }

// write makes Go of the script.
func (r *recorder) write(n *notes) (*Result, error) {
	top := scope{}
	w := &writer{script: r.script, imports: map[string]bool{"github.com/gregaria/gregaria/engine/load": true}}
	w.variable = top.name(identifier(r.name, "traffic", false))
	w.user = top.name(w.variable + "User")
	for _, s := range r.secrets {
		s.variable = top.name(identifier(s.param, "secret", false))
	}
	for _, k := range r.script.carries {
		if k.pattern != "" {
			k.variable = top.name(camel(append(words(w.variable), append(words(cmp.Or(k.field, k.key)), "form")...), false))
		}
	}
	for _, c := range r.all() {
		if c.body.kind == partsBody && w.parts == "" {
			w.parts = top.name(w.variable + "Parts")
		}
	}
	r.script.notes = n.all
	code, err := w.scenario()
	if err != nil {
		return nil, fmt.Errorf("write the scenario: %w", err)
	}
	proof, err := w.proof()
	if err != nil {
		return nil, fmt.Errorf("write the test: %w", err)
	}
	result := &Result{
		Name: r.name, File: strings.ReplaceAll(r.name, "-", ""), Variable: w.variable,
		Scenario: code, Test: proof, Notes: n.all,
	}
	for _, s := range r.secrets {
		result.Secrets = append(result.Secrets, "GREGARIA_"+strings.ToUpper(strings.ReplaceAll(s.param, "-", "_")))
	}
	return result, nil
}

// finish puts package and imports before what was written.
func (w *writer) finish(before string) ([]byte, error) {
	var own, others []string
	for path := range w.imports {
		if strings.Contains(path, ".") {
			own = append(own, strconv.Quote(path))
		} else {
			others = append(others, strconv.Quote(path))
		}
	}
	slices.Sort(own)
	slices.Sort(others)
	code := before + "package " + w.pkg + "\n\nimport (\n" + strings.Join(others, "\n") + "\n\n" + strings.Join(own, "\n") + "\n)\n\n" + w.b.String()
	w.b.Reset()
	return format.Source([]byte(code))
}

func (w *writer) scenario() ([]byte, error) {
	w.state()
	w.literal()
	w.params()
	w.patterns()
	for _, m := range w.order() {
		w.method(m)
	}
	if w.parts != "" {
		w.multipart()
	}
	var before strings.Builder
	fmt.Fprintf(&before, "// The scenario %s was %s. It is yours to change.\n", w.name, oneLine(w.origin))
	for i, note := range w.notes {
		if i == 0 {
			before.WriteString("//\n")
		}
		before.WriteString("//   - " + oneLine(note) + "\n")
	}
	return w.finish(before.String() + "\n")
}

// order returns the methods as they run.
func (w *writer) order() (all []*method) {
	if w.start != nil {
		all = append(all, w.start)
	}
	all = append(all, w.methods...)
	if w.stop != nil {
		all = append(all, w.stop)
	}
	return all
}

func (w *writer) state() {
	w.line("// A %s is one user of the scenario %s.", w.user, w.name)
	var lines []string
	known := map[string]bool{}
	for _, k := range w.script.carries {
		if k.field != "" && !k.local {
			kind := "string"
			if k.number && !k.isSoft {
				kind = "json.Number"
				w.uses("encoding/json")
			}
			if known[k.field] {
				continue // from another answer, too
			}
			known[k.field] = true
			lines = append(lines, fmt.Sprintf("%s %s // from %s", k.field, kind, oneLine(k.source())))
		}
	}
	for _, f := range w.fresh {
		lines = append(lines, f.field+" string // made up, another for each user")
	}
	if len(lines) == 0 {
		w.line("type %s struct{}\n", w.user)
		return
	}
	w.line("type %s struct {\n%s\n}\n", w.user, strings.Join(lines, "\n"))
}

// source says where a carried value is from.
func (k *carried) source() string { return k.from.method + " " + cmp.Or(k.from.row, "/") }

func (w *writer) literal() {
	w.line("var %s = load.Scenario[%s]{", w.variable, w.user)
	w.line("Name: %q,", w.name)
	if w.help != "" {
		w.line("Help: %s,", quote(oneLine(w.help)))
	}
	if w.host != "" {
		w.line("Host: %s,", quote(w.host))
	}
	if pause := w.usual(); pause > 0 {
		w.line("Wait: %s,", w.between(pause))
	}
	if len(w.secrets) > 0 {
		var names []string
		for _, s := range w.secrets {
			names = append(names, s.variable)
		}
		w.line("Params: []load.Parameter{%s},", strings.Join(names, ", "))
	}
	if w.start != nil {
		w.line("OnStart: (*%s).%s,", w.user, w.start.name)
	}
	if w.stop != nil {
		w.line("OnStop: (*%s).%s,", w.user, w.stop.name)
	}
	w.line("Tasks: []load.Task[%s]{", w.user)
	steps := !w.weighted && len(w.methods) > 1
	if steps {
		w.line(`{Name: "journey", Steps: []load.Task[%s]{`, w.user)
	}
	for _, m := range w.methods {
		text := fmt.Sprintf("{Run: (*%s).%s", w.user, m.name)
		if m.weight > 1 {
			text += fmt.Sprintf(", Weight: %d", m.weight)
		}
		if len(m.tags) > 0 {
			var tags []string
			for _, t := range m.tags {
				tags = append(tags, quote(t))
			}
			text += ", Tags: []string{" + strings.Join(tags, ", ") + "}"
		}
		if steps && m.think > 0 && m.think != w.usual() {
			text += ", Wait: " + w.between(m.think)
		}
		w.line("%s},", text)
	}
	if steps {
		w.line("}},")
	}
	w.line("},\n}\n")
}

// usual returns the pause that most methods have, or a second.
func (w *writer) usual() time.Duration {
	count := map[time.Duration]int{}
	for _, m := range w.methods {
		if m.think > 0 {
			count[m.think]++
		}
	}
	best := time.Second
	for _, d := range slices.Sorted(maps.Keys(count)) {
		if count[d] > count[best] {
			best = d
		}
	}
	return best
}

// between returns a pause around d, in Go.
func (w *writer) between(d time.Duration) string {
	return fmt.Sprintf("load.Between(%s, %s)", w.duration(d/2), w.duration(d+d/2))
}

func (w *writer) duration(d time.Duration) string {
	w.uses("time")
	if d%time.Second == 0 {
		if d == time.Second {
			return "time.Second"
		}
		return fmt.Sprintf("%d*time.Second", d/time.Second)
	}
	return fmt.Sprintf("%d*time.Millisecond", d/time.Millisecond)
}

func (w *writer) params() {
	if len(w.secrets) == 0 {
		return
	}
	w.line("// Secrets are no part of the source. Give them in the environment, as GREGARIA_%s, or in the form.",
		strings.ToUpper(strings.ReplaceAll(w.secrets[0].param, "-", "_")))
	w.line("var (")
	for _, s := range w.secrets {
		w.line("%s = load.Param[string]{Name: %q, Secret: true, Help: %s}", s.variable, s.param, quote(s.help))
	}
	w.line(")\n")
}

func (w *writer) patterns() {
	var lines []string
	for _, k := range w.script.carries {
		if k.variable != "" {
			w.uses("regexp")
			lines = append(lines, fmt.Sprintf("%s = regexp.MustCompile(%s)", k.variable, quoteRaw(k.pattern)))
		}
	}
	switch len(lines) {
	case 0:
	case 1:
		w.line("// What stands in the pages.\nvar %s\n", lines[0])
	default:
		w.line("// What stands in the pages.\nvar (\n%s\n)\n", strings.Join(lines, "\n"))
	}
}

func (w *writer) method(m *method) {
	receiver := "v"
	if !w.usesState(m) {
		receiver = ""
	}
	w.line("// %s %s.", m.name, oneLine(m.doc))
	w.line("func (%s *%s) %s(u *load.User) error {", receiver, w.user, m.name)
	if m == w.start {
		for _, h := range w.header {
			w.line("u.Header.Set(%s, %s)", quote(h.name), w.expr(h.value, false))
		}
	}
	names := scope{}
	for _, k := range w.script.carries {
		if k.local {
			names[k.field] = true
		}
	}
	responses := 0
	for i, c := range m.calls {
		w.call(c, names, &responses, i == len(m.calls)-1)
	}
	if n := len(m.calls); n == 0 || len(m.calls[n-1].takes) > 0 {
		w.line("return nil")
	}
	w.line("}\n")
}

// usesState reports whether a method reads or writes the state.
func (w *writer) usesState(m *method) bool {
	for _, c := range m.calls {
		for _, k := range w.script.carries {
			if k.field == "" || k.local {
				continue
			}
			if k.from == c || slices.Contains(k.uses, c) {
				return true
			}
		}
		for _, f := range w.fresh {
			if f.made == c || mentions(c, func(p piece) bool { return p.fresh == f }) {
				return true
			}
		}
	}
	return false
}

func (w *writer) call(c *call, names scope, responses *int, last bool) {
	if c.comment != "" {
		w.line("// %s", oneLine(c.comment))
	}
	for _, f := range w.fresh {
		if f.made == c {
			suffix := ""
			if f.suffix != "" {
				suffix = " + " + quote(f.suffix)
			}
			w.line("v.%s = u.Unique(%q)%s", f.field, f.prefix, suffix)
		}
	}
	request := w.request(c)
	if len(c.takes) == 0 {
		if last {
			w.line("return %s.Err()", request)
			return
		}
		w.line("if err := %s.Err(); err != nil {\nreturn err\n}", request)
		w.pause(c)
		return
	}
	*responses++
	assign := "="
	if *responses == 1 {
		assign = ":="
	}
	w.line("resp %s %s", assign, request)
	w.take(c, names)
	w.pause(c)
}

func (w *writer) pause(c *call) {
	if c.pause > 0 {
		w.line("if err := u.Pause(%s); err != nil {\nreturn err\n}", w.duration(c.pause))
	}
}

// request returns the request of a call.
func (w *writer) request(c *call) string {
	var args []string
	path := w.expr(c.path, true)
	switch verb := cmp.Or(verbs[c.method], ""); verb {
	case "":
		args = append(args, quote(c.method), path)
	default:
		args = append(args, path)
	}
	if plainPath, pure := c.path.pure(); c.row != "" && (!pure || plainPath != c.row) {
		args = append(args, "load.Name("+quote(c.row)+")")
	}
	if len(c.query) > 0 {
		args = append(args, "load.Query("+w.pairs(c.query)+")")
	}
	switch c.body.kind {
	case jsonBody:
		args = append(args, "load.JSON("+w.value(c.body.json)+")")
	case formBody:
		args = append(args, "load.Form("+w.pairs(c.body.form)+")")
	case rawBody:
		args = append(args, "load.Body("+quote(c.body.mime)+", []byte("+w.expr(c.body.raw, false)+"))")
	case partsBody:
		var parts []string
		for _, p := range c.body.parts {
			parts = append(parts, fmt.Sprintf("{%s, %s, %s, %s}", quote(p.name), quote(p.file), quote(p.mime), w.expr(p.value, false)))
		}
		args = append(args, w.parts+"([][4]string{\n"+strings.Join(parts, ",\n")+",\n})")
	}
	for _, h := range c.header {
		args = append(args, fmt.Sprintf("load.Header(%s, %s)", quote(h.name), w.expr(h.value, false)))
	}
	name := "Do"
	if verb := verbs[c.method]; verb != "" {
		name = strings.ToUpper(verb[:1]) + verb[1:]
	}
	text := "u." + name + "(" + strings.Join(args, ", ") + ")"
	if len(text) > 120 && len(args) > 1 {
		text = "u." + name + "(" + args[0] + ",\n" + strings.Join(args[1:], ",\n") + ",\n)"
	}
	if len(c.expect) > 0 {
		var codes []string
		for _, code := range c.expect {
			codes = append(codes, w.status(code))
		}
		text += ".Expect(" + strings.Join(codes, ", ") + ")"
	}
	return text
}

var statusNames = map[int]string{
	200: "OK", 201: "Created", 202: "Accepted", 204: "NoContent", 206: "PartialContent", 301: "MovedPermanently", 302: "Found",
	303: "SeeOther", 307: "TemporaryRedirect", 308: "PermanentRedirect", 400: "BadRequest", 401: "Unauthorized", 403: "Forbidden",
	404: "NotFound", 405: "MethodNotAllowed", 409: "Conflict", 410: "Gone", 422: "UnprocessableEntity", 429: "TooManyRequests",
	500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout",
}

func (w *writer) status(code int) string {
	if name := statusNames[code]; name != "" {
		w.uses("net/http")
		return "http.Status" + name
	}
	return strconv.Itoa(code)
}

func (w *writer) pairs(list []setting) string {
	var all []string
	for _, s := range list {
		all = append(all, quote(s.name), w.expr(s.value, false))
	}
	return strings.Join(all, ", ")
}

// value returns decoded JSON in Go.
func (w *writer) value(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && strconv.FormatInt(n, 10) == v.String() && n >= -1<<31 && n < 1<<31 {
			return v.String()
		}
		w.uses("encoding/json")
		return "json.Number(" + quote(v.String()) + ")"
	case text:
		if len(v) == 1 && v[0].carry != nil && v[0].carry.number {
			return w.field(v[0].carry)
		}
		return w.expr(v, false)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, w.value(item))
		}
		return "[]any{" + strings.Join(items, ", ") + "}"
	case map[string]any:
		var items []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, quote(key)+": "+w.value(v[key]))
		}
		short := strings.Join(items, ", ")
		if len(short) > 80 {
			short = "\n" + strings.Join(items, ",\n") + ",\n"
		}
		return "map[string]any{" + short + "}"
	}
	return "nil"
}

func (w *writer) field(k *carried) string {
	if k.local {
		return k.field
	}
	return "v." + k.field
}

// expr returns a text in Go. What is carried is escaped for a path.
func (w *writer) expr(t text, path bool) string {
	var all []string
	lit := ""
	flush := func() {
		if lit != "" {
			all = append(all, quote(lit))
			lit = ""
		}
	}
	for _, p := range t {
		var code string
		switch {
		case p.carry != nil:
			code = w.field(p.carry)
			if p.carry.number && !p.carry.isSoft {
				code += ".String()"
			}
			if p.carry.isSoft {
				w.uses("cmp")
				code = fmt.Sprintf("cmp.Or(%s, %s)", code, quote(p.carry.soft))
			}
		case p.secret != nil:
			code = p.secret.variable + ".Of(u)"
			if p.secret.basicPair {
				w.uses("encoding/base64")
				code = fmt.Sprintf("base64.StdEncoding.EncodeToString([]byte(%s))", code)
			} else if p.secret.basic != "" {
				w.uses("encoding/base64")
				code = fmt.Sprintf("base64.StdEncoding.EncodeToString([]byte(%s + %s))", quote(p.secret.basic+":"), code)
			}
		case p.fresh != nil:
			code = "v." + p.fresh.field
		default:
			lit += p.lit
			continue
		}
		flush()
		if path {
			w.uses("net/url")
			code = "url.PathEscape(" + code + ")"
		}
		all = append(all, code)
	}
	flush()
	if len(all) == 0 {
		return `""`
	}
	return strings.Join(all, "+")
}

// take writes how values are taken out of an answer.
func (w *writer) take(c *call, names scope) {
	var inJSON, others []*carried
	for _, k := range c.takes {
		if k.path != nil {
			inJSON = append(inJSON, k)
		} else {
			others = append(others, k)
		}
	}
	if len(inJSON) > 0 {
		answer := names.local("answer")
		root := &shape{}
		for _, k := range inJSON {
			root.add(k.path, k)
		}
		w.line("var %s %s", answer, w.shape(root))
		w.line("if err := resp.JSON(&%s); err != nil {\nreturn err\n}", answer)
		checked := map[string]int{}
		for _, k := range inJSON {
			at, path, soft := answer, "", []string{}
			for node, steps := root, k.path; len(steps) > 0; steps = steps[1:] {
				switch step := steps[0].(type) {
				case string:
					node = node.keys[step]
					at += "." + node.name
					path += "." + step
				case int:
					node = node.elem
					if have, ok := checked[at]; (!ok || have < step) && !k.isSoft {
						checked[at] = step
						w.line("if len(%s) <= %d {\nreturn resp.Failf(%s, len(%s))\n}", at, step, quote(fmt.Sprintf("answer has %%d%s, want at least %d", percent(path), step+1)), at)
					}
					soft = append(soft, fmt.Sprintf("len(%s) > %d", at, step))
					at += fmt.Sprintf("[%d]", step)
					path += fmt.Sprintf("[%d]", step)
				}
			}
			if k.isSoft {
				soft = append(soft, at+` != ""`)
				value := at
				if k.number {
					value += ".String()"
				}
				w.line("if %s {\nv.%s = %s\n}", strings.Join(soft, " && "), k.field, value)
				continue
			}
			w.line("if %s == \"\" {\nreturn resp.Failf(%s)\n}", at, quote("answer has no "+percent(strings.TrimPrefix(path, "."))))
			w.keep(k, at)
		}
	} else {
		w.line("if err := resp.Err(); err != nil {\nreturn err\n}")
	}
	for _, k := range others {
		switch {
		case k.pattern != "":
			found := names.local("found")
			w.uses("html")
			w.line("%s := %s.FindStringSubmatch(resp.Text())", found, k.variable)
			w.line("if %s == nil {\nreturn resp.Failf(%s)\n}", found, quote("page has no "+percent(oneLine(k.key))))
			w.keep(k, "html.UnescapeString("+found+"[1])")
		case k.cookie != "":
			cookie := names.local("cookie")
			w.uses("net/http")
			w.line("%s, err := http.ParseSetCookie(resp.Header(\"Set-Cookie\"))", cookie)
			w.line("if err != nil || %s.Name != %s {\nreturn resp.Failf(%s)\n}", cookie, quote(k.cookie), quote("answer sets no cookie "+percent(oneLine(k.cookie))))
			w.keep(k, cookie+".Value")
		default:
			value := names.name(identifier(k.header, "header", false))
			w.line("%s := resp.Header(%s)", value, quote(k.header))
			w.line("if %s == \"\" {\nreturn resp.Failf(%s)\n}", value, quote("answer has no header "+percent(k.header)))
			w.keep(k, value)
		}
	}
}

// keep writes where a value goes.
func (w *writer) keep(k *carried, code string) {
	if k.isSticky {
		text := code
		if k.number {
			text += ".String()"
		}
		if k.sticky != "" {
			text = quote(k.sticky) + "+" + text
		}
		w.line(`u.Header.Set("Authorization", %s)`, text)
	}
	switch {
	case k.field == "":
	case k.local:
		w.line("%s := %s", k.field, code)
	default:
		w.line("v.%s = %s", k.field, code)
	}
}

// percent keeps a text from being a format.
func percent(text string) string { return strings.ReplaceAll(oneLine(text), "%", "%%") }

// A shape is the type that a JSON answer is decoded into.
type shape struct {
	name string // in Go, of a field
	keys map[string]*shape
	elem *shape
	leaf *carried
	used scope
}

func (s *shape) add(path []any, k *carried) {
	if len(path) == 0 {
		s.leaf = k
		return
	}
	switch step := path[0].(type) {
	case string:
		if s.keys == nil {
			s.keys, s.used = map[string]*shape{}, scope{}
		}
		next := s.keys[step]
		if next == nil {
			next = &shape{name: s.used.name(identifier(step, "field", true))}
			s.keys[step] = next
		}
		next.add(path[1:], k)
	case int:
		if s.elem == nil {
			s.elem = &shape{}
		}
		s.elem.add(path[1:], k)
	}
}

func (w *writer) shape(s *shape) string {
	switch {
	case s.elem != nil:
		return "[]" + w.shape(s.elem)
	case s.keys != nil:
		var lines []string
		for _, key := range slices.Sorted(maps.Keys(s.keys)) {
			field := s.keys[key]
			lines = append(lines, fmt.Sprintf("%s %s `json:%s`", field.name, w.shape(field), strconv.Quote(key)))
		}
		return "struct {\n" + strings.Join(lines, "\n") + "\n}"
	case s.leaf != nil && s.leaf.number:
		w.uses("encoding/json")
		return "json.Number"
	}
	return "string"
}

func (w *writer) multipart() {
	for _, path := range []string{"bytes", "mime/multipart", "net/textproto", "cmp", "mime"} {
		w.uses(path)
	}
	w.line("// %s is a multipart form. Each part has a name, the name of a file or \"\", that file's type, and a value.", w.parts)
	w.line("func %s(parts [][4]string) load.Option {", w.parts)
	w.line(`var b bytes.Buffer
	form := multipart.NewWriter(&b) // a buffer takes everything
	for _, p := range parts {
		if p[1] == "" {
			form.WriteField(p[0], p[3])
			continue
		}
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": p[0], "filename": p[1]}))
		header.Set("Content-Type", cmp.Or(p[2], "application/octet-stream"))
		if w, err := form.CreatePart(header); err == nil {
			w.Write([]byte(p[3]))
		}
	}
	form.Close()
	return load.Body(form.FormDataContentType(), b.Bytes())
}
`)
}

// quote returns text as a string in Go.
func quote(text string) string { return strconv.Quote(text) }

// quoteRaw does so with backquotes where that is possible and reads better.
func quoteRaw(text string) string {
	if strings.ContainsAny(text, `"\`) && strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return quote(text)
}
