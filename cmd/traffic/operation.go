package traffic

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An operation is one of the file's, with its call.
type operation struct {
	path   string
	method string
	op     *openapi3.Operation
	call   *call
	params []*openapi3.Parameter
	wants  []*resource         // whose ids it needs
	good   *openapi3.MediaType // of the answer when all is well; nil when it is no JSON
	placed bool                // that answer has a Location
}

// note lists an operation.
func (d *description) note(path, verb string, item *openapi3.PathItem, op *openapi3.Operation) {
	at := &operation{path: path, method: verb, op: op, call: &call{method: verb}, params: parameters(item, op)}
	if len(op.Callbacks) > 0 {
		d.notes.add("%s %s: callbacks are left out: they are sent by the target", verb, path)
	}
	if op.Servers != nil && len(*op.Servers) > 0 || len(item.Servers) > 0 {
		d.notes.add("%s %s has servers of its own, which are left out", verb, path)
	}
	d.answers(at, at.call)
	d.listed = append(d.listed, at)
}

// name makes the method of an operation.
func (d *description) name(at *operation) {
	op := at.op
	c := at.call
	c.row = d.prefix + clean(at.path)
	m := &method{name: d.names.name(identifier(op.OperationID, "op", false)), weight: weights[at.method]}
	if len(words(op.OperationID)) == 0 {
		path := pathWords(at.path)
		if strings.HasSuffix(at.path, "}") {
			path[len(path)-1] = singular(path[len(path)-1])
		}
		m.name = d.names.name(camel(append([]string{verbs[at.method]}, path...), false))
	}
	m.doc = "sends " + at.method + " " + oneLine(c.row)
	if s := strings.TrimSuffix(oneLine(op.Summary), "."); s != "" {
		m.doc += ": " + s
	}
	for _, tag := range op.Tags {
		if t := slug(tag); len(words(tag)) > 0 && !slices.Contains(m.tags, t) {
			m.tags = append(m.tags, t)
		}
	}
	c.in = m
	m.calls = []*call{c}
	d.methods = append(d.methods, m)
}

// operation makes the call of an operation.
func (d *description) operation(at *operation) {
	c := at.call
	c.path = d.path(at)
	for _, p := range at.params {
		if !p.Required {
			continue
		}
		switch p.In {
		case openapi3.ParameterInQuery:
			c.query = append(c.query, d.query(*at, p, c)...)
		case openapi3.ParameterInHeader:
			if fieldForm.MatchString(p.Name) && !idle.MatchString(p.Name) && p.Name != "Authorization" && p.Name != "Accept" {
				c.header = append(c.header, setting{http.CanonicalHeaderKey(p.Name), d.text(oneLine(scalar(d.parameter(*at, p))), p.Name, c)})
			}
		case openapi3.ParameterInCookie:
			if fieldForm.MatchString(p.Name) {
				value := d.text(oneLine(scalar(d.parameter(*at, p))), p.Name, c)
				c.header = append(c.header, setting{"Cookie", append(plain(p.Name+"="), value...)})
			}
		}
	}
	d.requestBody(at, &exchange{method: at.method, url: &url.URL{Path: at.path}}, c)
	d.security(*at, c)
}

// parameters returns those of an operation, and those of its path that it does not replace.
func parameters(item *openapi3.PathItem, op *openapi3.Operation) (all []*openapi3.Parameter) {
	for _, list := range []openapi3.Parameters{op.Parameters, item.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil {
				continue
			}
			p := ref.Value
			if !slices.ContainsFunc(all, func(old *openapi3.Parameter) bool { return old.Name == p.Name && old.In == p.In }) {
				all = append(all, p)
			}
		}
	}
	return all
}

var pathParameter = regexp.MustCompile(`\{([^{}/]+)\}`)

// clean returns a path as the name of a row.
func clean(path string) string {
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	return oneLine(path)
}

// path returns the path of a call with values in place of parameters.
func (d *description) path(at *operation) text {
	var t text
	path := at.path
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	literal := func(s string) string { return (&url.URL{Path: s}).EscapedPath() }
	lit, from := d.prefix, 0
	for _, m := range pathParameter.FindAllStringSubmatchIndex(path, -1) {
		lit += literal(path[from:m[0]])
		from = m[1]
		name := path[m[2]:m[3]]
		value := "1"
		if i := slices.IndexFunc(at.params, func(p *openapi3.Parameter) bool { return p.Name == name && p.In == openapi3.ParameterInPath }); i >= 0 {
			value = cmp.Or(scalar(d.parameter(*at, at.params[i])), "1")
		}
		var p piece
		r := d.kept[plainPath(path[:m[0]])]
		switch whole := path[m[0]-1] == '/' && (m[1] == len(path) || path[m[1]] == '/'); {
		case secretName(name):
			p.secret = d.secret(value, name)
		case !whole || r == nil || len(r.sources) == 0:
			lit += url.PathEscape(value)
			continue
		case r.onPath && r.maker.call == at.call:
			p.fresh = r.sources[0].chosen
		default:
			p = d.use(at, r)
		}
		t = append(t, piece{lit: lit}, p)
		lit = ""
	}
	lit += literal(path[from:])
	return append(t, piece{lit: lit})
}

// query returns the settings of a query parameter.
func (d *description) query(at operation, p *openapi3.Parameter, c *call) (all []setting) {
	value := plainJSON(d.parameter(at, p))
	switch v := value.(type) {
	case []any:
		var texts []string
		for _, item := range v {
			texts = append(texts, scalar(item))
		}
		if p.Explode != nil && !*p.Explode {
			return []setting{{p.Name, d.text(strings.Join(texts, ","), p.Name, c)}}
		}
		for _, t := range texts {
			all = append(all, setting{p.Name, d.text(t, p.Name, c)})
		}
		return all
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name := key
			if p.Style == "deepObject" {
				name = p.Name + "[" + key + "]"
			}
			all = append(all, setting{name, d.text(scalar(v[key]), key, c)})
		}
		return all
	}
	return []setting{{p.Name, d.text(scalar(value), p.Name, c)}}
}

// security adds what says who asks.
func (d *description) security(at operation, c *call) {
	needs := d.doc.Security
	if at.op.Security != nil {
		needs = *at.op.Security
	}
	if len(needs) == 0 || d.doc.Components == nil {
		return
	}
	for _, need := range needs {
		if len(need) == 0 {
			return // nobody needs to say
		}
	}
	for _, name := range slices.Sorted(maps.Keys(needs[0])) {
		ref := d.doc.Components.SecuritySchemes[name]
		if ref == nil || ref.Value == nil {
			d.notes.add("the security scheme %s is not described", name)
			continue
		}
		s := ref.Value
		key := func(what string) *secret {
			x := d.secret("scheme "+name, name)
			x.help = oneLine(what)
			return x
		}
		switch {
		case s.Type == "http" && strings.EqualFold(s.Scheme, "basic"):
			x := key("user:password")
			x.basicPair = true
			c.header = append(c.header, setting{"Authorization", append(plain("Basic "), piece{secret: x})})
		case s.Type == "http" && strings.EqualFold(s.Scheme, "bearer"), s.Type == "oauth2", s.Type == "openIdConnect":
			c.header = append(c.header, setting{"Authorization", append(plain("Bearer "), piece{secret: key("bearer token")})})
		case s.Type == "apiKey" && s.In == "header" && fieldForm.MatchString(s.Name):
			c.header = append(c.header, setting{http.CanonicalHeaderKey(s.Name), text{{secret: key("API key")}}})
		case s.Type == "apiKey" && s.In == "query":
			c.query = append(c.query, setting{s.Name, text{{secret: key("API key")}}})
		case s.Type == "apiKey" && s.In == "cookie" && fieldForm.MatchString(s.Name):
			c.header = append(c.header, setting{"Cookie", append(plain(s.Name+"="), piece{secret: key("cookie " + s.Name)})})
		default:
			d.notes.add("the security scheme %s, of type %s %s, is left out", name, s.Type, s.Scheme)
		}
	}
}

// answers says what is expected, and what the test answers.
func (d *description) answers(at *operation, c *call) {
	a := answer{method: c.method, status: http.StatusOK}
	if at.op.Responses != nil {
		all := at.op.Responses.Map()
		for _, code := range slices.Sorted(maps.Keys(all)) {
			n, err := strconv.Atoi(code)
			if err != nil || n < 200 || n > 299 {
				continue
			}
			c.expect = append(c.expect, n)
		}
		for _, code := range slices.Concat(codes(c.expect), []string{"2XX", "2xx", "default"}) {
			ref := all[code]
			if ref == nil || ref.Value == nil {
				continue
			}
			if n, err := strconv.Atoi(code); err == nil {
				a.status = n
			}
			for name := range ref.Value.Headers {
				at.placed = at.placed || strings.EqualFold(name, "Location")
			}
			if name, media := jsonContent(ref.Value.Content); media != nil && c.method != "HEAD" && name != "*/*" {
				at.good = media
				a.mime = "application/json"
				if text, err := json.Marshal(plainJSON(d.media(*at, media, false))); err == nil && len(text) < 4000 {
					a.body = text
				}
			}
			break
		}
	}
	c.answers = []answer{a}
}

func codes(list []int) (all []string) {
	for _, n := range list {
		all = append(all, strconv.Itoa(n))
	}
	return all
}
