package traffic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v4"
)

// OpenAPI makes a scenario of an OpenAPI file, 3.0 or 3.1, or of a Swagger file, 2.0, in
// JSON or YAML: a task for each operation.
func OpenAPI(data []byte, o Options) (result *Result, err error) {
	defer func() {
		if r := recover(); r != nil { // a library met what it had not thought of
			result, err = nil, fmt.Errorf("the OpenAPI file cannot be understood: %v", r)
		}
	}()
	doc, err := readOpenAPI(data)
	if err != nil {
		return nil, err
	}
	var n notes
	r := newRecorder(o, &n, "made of an OpenAPI file")
	r.home = &url.URL{}
	r.weighted = true
	if doc.Info != nil {
		r.help = oneLine(doc.Info.Title)
	}
	d := &description{recorder: r, doc: doc, fields: map[string]string{}}
	d.server()
	d.operations()
	if len(r.methods) == 0 {
		return nil, errors.New("the OpenAPI file has no operation to make a task of")
	}
	d.carry()
	r.share()
	r.script.carries = d.carries
	return r.write(&n)
}

// readOpenAPI reads a file of any version. Files that it refers to are not read.
func readOpenAPI(data []byte) (*openapi3.T, error) {
	var version struct {
		Swagger string `yaml:"swagger"`
		OpenAPI string `yaml:"openapi"`
	}
	if err := yaml.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("neither YAML nor JSON: %s", oneLine(err.Error()))
	}
	loader := openapi3.NewLoader()
	switch {
	case strings.HasPrefix(version.Swagger, "2."):
		var tree any
		if err := yaml.Unmarshal(data, &tree); err != nil {
			return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
		}
		text, err := json.Marshal(tree)
		if err != nil {
			return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
		}
		var old openapi2.T
		if err := json.Unmarshal(text, &old); err != nil {
			return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
		}
		doc, err := openapi2conv.ToV3WithLoader(&old, loader, nil)
		if err != nil {
			return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
		}
		return doc, nil
	case !strings.HasPrefix(version.OpenAPI, "3."):
		return nil, errors.New("no OpenAPI file: it says neither openapi: 3.x nor swagger: 2.0")
	}
	doc, err := loader.LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI file cannot be read: %s", oneLine(err.Error()))
	}
	return doc, nil
}

// A description is an OpenAPI file that becomes a script.
type description struct {
	*recorder
	doc     *openapi3.T
	prefix  string // of all paths
	listed  []operation
	carries []*carried
	fields  map[string]string // of the state, by collection and parameter
}

// An operation is one of the file's, with its call.
type operation struct {
	path   string
	method string
	op     *openapi3.Operation
	call   *call
	good   *openapi3.MediaType // of the answer when all is well; nil when it is no JSON
}

func (d *description) server() {
	if len(d.doc.Servers) == 0 {
		d.notes.add("the file names no server: give one with --host")
		return
	}
	raw := d.doc.Servers[0].URL
	for name, v := range d.doc.Servers[0].Variables {
		if v != nil {
			raw = strings.ReplaceAll(raw, "{"+name+"}", v.Default)
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		d.notes.add("the server %q is no URL: give one with --host", raw)
		return
	case u.Host == "":
		d.notes.add("the file says not on which host the API is: give one with --host")
	case u.Scheme != "http" && u.Scheme != "https":
		d.notes.add("the server %q is not HTTP: give one with --host", raw)
		return
	default:
		d.host = u.Scheme + "://" + u.Host
	}
	d.prefix = strings.TrimSuffix(u.EscapedPath(), "/")
	if d.prefix != "" && d.prefix[0] != '/' {
		d.prefix = "/" + d.prefix
	}
}

var weights = map[string]int{"GET": 10, "HEAD": 5, "POST": 3, "PUT": 2, "PATCH": 2, "DELETE": 1}

func (d *description) operations() {
	if d.doc.Paths == nil {
		return
	}
	paths := d.doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		if item == nil {
			continue
		}
		operations := item.Operations()
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			op := operations[method]
			delete(operations, method)
			if op == nil {
				continue
			}
			if len(d.methods) == mostCalls/4 {
				d.notes.add("only the first %d operations become tasks", mostCalls/4)
				return
			}
			d.operation(path, method, item, op)
		}
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			d.notes.add("%s %s is left out", method, path)
		}
	}
	if len(d.doc.Webhooks) > 0 {
		d.notes.add("webhooks are left out: they are sent by the target")
	}
}

func (d *description) operation(path, verb string, item *openapi3.PathItem, op *openapi3.Operation) {
	c := &call{method: verb}
	at := operation{path: path, method: verb, op: op, call: c}
	if len(op.Callbacks) > 0 {
		d.notes.add("%s %s: callbacks are left out: they are sent by the target", verb, path)
	}
	if op.Servers != nil && len(*op.Servers) > 0 || len(item.Servers) > 0 {
		d.notes.add("%s %s has servers of its own, which are left out", verb, path)
	}
	params := parameters(item, op)
	e := &exchange{method: verb, url: &url.URL{Path: path}}
	c.row = d.prefix + clean(path)
	c.path = d.path(path, params, c)
	for _, p := range params {
		if !p.Required {
			continue
		}
		switch p.In {
		case openapi3.ParameterInQuery:
			c.query = append(c.query, d.query(at, p, c)...)
		case openapi3.ParameterInHeader:
			if fieldForm.MatchString(p.Name) && !idle.MatchString(p.Name) && p.Name != "Authorization" && p.Name != "Accept" {
				c.header = append(c.header, setting{http.CanonicalHeaderKey(p.Name), d.text(oneLine(scalar(d.parameter(at, p))), p.Name, c)})
			}
		case openapi3.ParameterInCookie:
			if fieldForm.MatchString(p.Name) {
				value := d.text(oneLine(scalar(d.parameter(at, p))), p.Name, c)
				c.header = append(c.header, setting{"Cookie", append(plain(p.Name+"="), value...)})
			}
		}
	}
	d.requestBody(at, e, c)
	d.security(at, c)
	d.answers(&at, c)

	m := &method{name: d.names.name(identifier(op.OperationID, "op", false)), weight: weights[verb]}
	if len(words(op.OperationID)) == 0 {
		m.name = d.names.name(camel(append([]string{verbs[verb]}, pathWords(path)...), false))
	}
	m.doc = "sends " + verb + " " + oneLine(c.row)
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
	d.listed = append(d.listed, at)
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
func (d *description) path(path string, params []*openapi3.Parameter, c *call) text {
	var t text
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	literal := func(s string) string { return (&url.URL{Path: s}).EscapedPath() }
	lit, at := d.prefix, 0
	for _, m := range pathParameter.FindAllStringSubmatchIndex(path, -1) {
		lit += literal(path[at:m[0]])
		at = m[1]
		name := path[m[2]:m[3]]
		value := "1"
		if i := slices.IndexFunc(params, func(p *openapi3.Parameter) bool { return p.Name == name && p.In == openapi3.ParameterInPath }); i >= 0 {
			value = cmp.Or(scalar(d.parameter(operation{path: path, method: c.method}, params[i])), "1")
		}
		if secretName(name) {
			t = append(t, piece{lit: lit}, piece{secret: d.secret(value, name)})
			lit = ""
			continue
		}
		t = append(t, piece{lit: lit}, piece{carry: &carried{key: name, soft: value, isSoft: true}}) // see carry
		lit = ""
	}
	lit += literal(path[at:])
	return append(t, piece{lit: lit})
}

// parameter returns an example of a parameter.
func (d *description) parameter(at operation, p *openapi3.Parameter) any {
	if p.Example != nil {
		return p.Example
	}
	if v := firstExample(p.Examples); v != nil {
		return v
	}
	if p.Schema != nil {
		return d.sample(at, p.Schema, 0, false)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Content)) {
		if media := p.Content[name]; media != nil {
			text, err := json.Marshal(d.media(at, media, false))
			if err == nil {
				return string(text)
			}
		}
	}
	return "1"
}

func firstExample(all openapi3.Examples) any {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if ref := all[name]; ref != nil && ref.Value != nil && ref.Value.Value != nil {
			return ref.Value.Value
		}
	}
	return nil
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

// scalar returns a value as it stands in a path or a query.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool, int, int64, uint64:
		return fmt.Sprint(v)
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, scalar(item))
		}
		return strings.Join(all, ",")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.Trim(string(text), `"`)
}

// plainJSON returns a value as encoding/json decodes it.
func plainJSON(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var root any
	if decoder.Decode(&root) != nil {
		return nil
	}
	return root
}

func (d *description) media(at operation, media *openapi3.MediaType, asked bool) any {
	if media.Example != nil {
		return media.Example
	}
	if v := firstExample(media.Examples); v != nil {
		return v
	}
	return d.sample(at, media.Schema, 0, asked)
}

// requestBody makes the body of a call.
func (d *description) requestBody(at operation, e *exchange, c *call) {
	if at.op.RequestBody == nil || at.op.RequestBody.Value == nil {
		return
	}
	content := at.op.RequestBody.Value.Content
	name, media := jsonContent(content)
	if media != nil {
		c.body.kind = jsonBody
		c.body.json = d.tree(plainJSON(d.media(at, media, true)), "", e, c, 0)
		if name != "application/json" && !strings.Contains(name, "*") {
			c.header = append(c.header, setting{"Content-Type", plain(oneLine(name))})
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		media := content[name]
		if media == nil {
			continue
		}
		value := plainJSON(d.media(at, media, true))
		object, isObject := value.(map[string]any)
		switch {
		case strings.HasPrefix(name, "application/x-www-form-urlencoded") && isObject:
			c.body.kind = formBody
			for _, key := range slices.Sorted(maps.Keys(object)) {
				c.body.form = append(c.body.form, setting{key, d.text(scalar(object[key]), key, c)})
			}
		case strings.HasPrefix(name, "multipart/form-data") && isObject:
			c.body.kind = partsBody
			for _, key := range slices.Sorted(maps.Keys(object)) {
				p := piecePart{name: key, value: d.text(scalar(object[key]), key, c)}
				if binary(media.Schema, key) {
					p.file = "file.bin"
				}
				c.body.parts = append(c.body.parts, p)
			}
		case name != "application/xml" && !strings.HasSuffix(name, "+xml"):
			c.body.kind, c.body.mime = rawBody, strings.ReplaceAll(oneLine(name), "*/*", "application/octet-stream")
			c.body.raw = plain(scalar(value))
		default:
			continue
		}
		return
	}
	if len(content) > 0 {
		d.notes.add("%s %s: a body of type %s is not made", at.method, at.path, strings.Join(slices.Sorted(maps.Keys(content)), ", "))
	}
}

// binary reports whether a property of a form is a file.
func binary(schema *openapi3.SchemaRef, key string) bool {
	if schema == nil || schema.Value == nil {
		return false
	}
	p := schema.Value.Properties[key]
	return p != nil && p.Value != nil && (p.Value.Format == "binary" || p.Value.ContentMediaType != "")
}

// jsonContent returns the content that is JSON.
func jsonContent(content openapi3.Content) (string, *openapi3.MediaType) {
	names := slices.Sorted(maps.Keys(content))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		if rank(name) < 3 && content[name] != nil {
			return name, content[name]
		}
	}
	return "", nil
}

func rank(name string) int {
	mediaType, _, _ := strings.Cut(name, ";")
	switch {
	case mediaType == "application/json":
		return 0
	case strings.HasSuffix(mediaType, "+json"):
		return 1
	case mediaType == "*/*":
		return 2
	}
	return 3
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

// carry lets ids come from what lists and creates the things they are of.
func (d *description) carry() {
	for _, to := range d.listed {
		for i := range to.call.path {
			k := to.call.path[i].carry
			if k == nil {
				continue
			}
			before, _, _ := strings.Cut(to.path, "{"+k.key+"}")
			collection := strings.TrimSuffix(before, "/")
			field := d.field(collection, k)
			if field == "" {
				to.call.path[i] = piece{lit: url.PathEscape(k.soft)}
				continue
			}
			for _, source := range d.carries {
				if source.field == field {
					source.uses = append(source.uses, to.call)
					to.call.path[i] = piece{carry: source}
				}
			}
		}
	}
}

// field returns the field of the state that has the id of one of a collection, "" when
// no answer holds one.
func (d *description) field(collection string, k *carried) string {
	id := collection + "{" + k.key
	if field, ok := d.fields[id]; ok {
		return field
	}
	d.fields[id] = ""
	value, number := "", false
	for _, from := range d.listed {
		if strings.TrimSuffix(from.path, "/") != collection || from.method != "GET" && from.method != "POST" || from.good == nil {
			continue
		}
		path, isNumber := find(from.good.Schema, k.key, singular(last(pathWords(collection))))
		if path == nil {
			continue
		}
		if d.fields[id] == "" {
			name := k.key
			if len(words(name)) == 1 {
				name = singular(last(pathWords(collection))) + "_" + name
			}
			d.fields[id] = d.names.name(identifier(name, "id", false))
			value, number = fmt.Sprint("id-", len(d.carries)+1), isNumber
			if isNumber {
				value = fmt.Sprint(4711 + len(d.carries))
			}
		}
		if isNumber != number {
			continue
		}
		source := &carried{value: value, number: isNumber, key: k.key, from: from.call, path: path, field: d.fields[id], isSoft: true, soft: k.soft}
		from.call.takes = append(from.call.takes, source)
		d.carries = append(d.carries, source)
	}
	return d.fields[id]
}

func last(all []string) string { return all[len(all)-1] }

// find returns where an answer has an id: in a field of the parameter's name, or id, the
// least deep.
func find(schema *openapi3.SchemaRef, name, thing string) (path []any, number bool) {
	type place struct {
		schema *openapi3.SchemaRef
		path   []any
	}
	wanted := strings.Join(words(name), "")
	queue := []place{{schema, nil}}
	for steps := 0; len(queue) > 0 && steps < 200; steps++ {
		at := queue[0]
		queue = queue[1:]
		if at.schema == nil || at.schema.Value == nil || len(at.path) > 4 {
			continue
		}
		s := at.schema.Value
		for _, part := range s.AllOf {
			queue = append(queue, place{part, at.path})
		}
		if s.Items != nil {
			queue = append(queue, place{s.Items, append(slices.Clone(at.path), 0)})
		}
		for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
			p := s.Properties[key]
			if p == nil || p.Value == nil || !tagForm.MatchString(key) || key == "-" {
				continue
			}
			joint := strings.Join(words(key), "")
			isID := joint == wanted || joint == "id" && (wanted == thing+"id" || wanted == "id") || joint == "slug" && wanted == "slug"
			if isID && p.Value.Type != nil && (p.Value.Type.Is("integer") || p.Value.Type.Is("string")) {
				return append(slices.Clone(at.path), key), p.Value.Type.Is("integer")
			}
			if p.Value.Properties != nil || p.Value.Items != nil || p.Value.AllOf != nil {
				queue = append(queue, place{p, append(slices.Clone(at.path), key)})
			}
		}
	}
	return nil, false
}

// sample makes a value of a schema. Asked leaves out what only answers have.
func (d *description) sample(at operation, ref *openapi3.SchemaRef, depth int, asked bool) any {
	if ref == nil || ref.Value == nil || depth > 6 {
		return nil
	}
	s := ref.Value
	switch {
	case s.Example != nil:
		return s.Example
	case s.Default != nil:
		return s.Default
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.OneOf) > 0:
		return d.sample(at, s.OneOf[0], depth+1, asked)
	case len(s.AnyOf) > 0:
		return d.sample(at, s.AnyOf[0], depth+1, asked)
	}
	if len(s.AllOf) > 0 || len(s.Properties) > 0 || s.Type != nil && s.Type.Includes("object") {
		object := map[string]any{}
		for _, part := range s.AllOf {
			switch v := plainJSON(d.sample(at, part, depth+1, asked)).(type) {
			case map[string]any:
				maps.Copy(object, v)
			case nil:
			default:
				if len(s.Properties) == 0 && len(s.AllOf) == 1 {
					return v
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
			p := s.Properties[key]
			if p == nil || p.Value == nil || asked && p.Value.ReadOnly || !asked && p.Value.WriteOnly {
				continue
			}
			required := slices.Contains(s.Required, key)
			if depth > 2 && !required {
				continue // deep down there may be no end
			}
			if v := d.sample(at, p, depth+1, asked); v != nil || required {
				object[key] = v
			}
		}
		return object
	}
	if s.Type == nil {
		return nil
	}
	switch {
	case s.Type.Includes("string"):
		if s.Pattern != "" {
			d.notes.add("%s %s: a value for the pattern %s is not made: write one", at.method, at.path, s.Pattern)
		}
		return word(s)
	case s.Type.Includes("integer"), s.Type.Includes("number"):
		n := 1.0
		if s.Min != nil {
			n = *s.Min
			if s.ExclusiveMin.IsTrue() {
				n++
			}
		}
		if s.Max != nil && n > *s.Max {
			n = *s.Max
		}
		return n
	case s.Type.Includes("boolean"):
		return true
	case s.Type.Includes("array"):
		list := []any{}
		for range min(max(s.MinItems, 1), 3) {
			if v := d.sample(at, s.Items, depth+1, asked); v != nil {
				list = append(list, v)
			}
		}
		return list
	}
	return nil
}

// word makes a text of a schema.
func word(s *openapi3.Schema) string {
	known := map[string]string{
		"date": "2025-01-31", "date-time": "2025-01-31T12:00:00Z", "time": "12:00:00Z", "email": "ann@example.com", "byte": "YQ==",
		"uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "uri": "https://example.com/", "url": "https://example.com/", "hostname": "example.com",
		"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "password": "password",
	}
	text := cmp.Or(known[s.Format], "text")
	for uint64(len(text)) < s.MinLength && len(text) < 1000 {
		text += "x"
	}
	if s.MaxLength != nil && known[s.Format] == "" && uint64(len(text)) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	return text
}
