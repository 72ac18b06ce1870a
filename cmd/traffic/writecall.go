package traffic

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
	for _, n := range m.needs {
		failed, why := "err != nil", ""
		if n.maybe {
			failed, why = fmt.Sprintf("err != nil || v.%s == \"\"", n.field), " // there may be none"
		}
		w.line("if v.%s == \"\" {\nif err := v.%s(u); %s {\nreturn err%s\n}\n}", n.field, n.by.name, failed, why)
	}
	names := scope{}
	for _, f := range w.fresh {
		if f.local && f.made.in == m {
			names[f.field] = true
		}
	}
	for _, k := range w.script.carries {
		if k.local && k.from.in == m {
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
	if len(m.needs) > 0 {
		return true
	}
	for _, c := range m.calls {
		if len(c.ends) > 0 {
			return true
		}
		for _, k := range w.script.carries {
			if k.field == "" || k.local {
				continue
			}
			if k.from == c || slices.Contains(k.uses, c) {
				return true
			}
		}
		for _, f := range w.fresh {
			if !f.local && (f.made == c || mentions(c, func(p piece) bool { return p.fresh == f })) {
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
		if f.made == c && f.number {
			w.uses("encoding/json")
			w.uses("math")
			w.uses("strconv")
			w.line("%s := json.Number(strconv.Itoa(u.Rand.IntN(math.MaxInt32)))", f.field)
		} else if f.made == c {
			suffix := ""
			if f.suffix != "" {
				suffix = " + " + quote(f.suffix)
			}
			assign := "="
			if f.local {
				assign = ":="
			}
			w.line("%s %s u.Unique(%q)%s", f.code(), assign, f.prefix, suffix)
		}
	}
	request := w.request(c)
	if !slices.ContainsFunc(c.takes, func(k *carried) bool { return k.chosen == nil }) {
		switch {
		case len(c.takes) > 0:
			w.line("if err := %s.Err(); err != nil {\nreturn err\n}", request)
			w.take(c, names)
			w.ends(c)
			return
		case len(c.ends) > 0:
			w.line("resp := %s", request)
			w.ends(c)
			w.line("return resp.Err()")
			return
		}
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
	w.ends(c)
	w.pause(c)
}

// ends empties the fields that a call makes void.
func (w *writer) ends(c *call) {
	for _, field := range c.ends {
		w.line("v.%s = \"\"", field)
	}
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
	expect := ""
	if len(c.expect) > 0 {
		var codes []string
		for _, code := range c.expect {
			codes = append(codes, w.status(code))
		}
		expect = ".Expect(" + strings.Join(codes, ", ") + ")"
	}
	if len(text)+len(expect) > 120 && len(args) > 1 {
		text = "u." + name + "(" + args[0] + ",\n" + strings.Join(args[1:], ",\n") + ",\n)"
	}
	return text + expect
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
