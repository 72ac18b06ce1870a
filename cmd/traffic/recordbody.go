package traffic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// body makes the body of a call.
func (r *recorder) body(e *exchange, c *call) {
	r.fill(e, c)
	if who := c.body.person(); who != "" {
		r.notes.add("%s %s has the same %s for all users, with the password of one person: make it a parameter or take it from a list where each needs an own", c.method, c.row, who)
	}
}

func (r *recorder) fill(e *exchange, c *call) {
	contentType := field(e.header, "Content-Type")
	mediaType, values, _ := mime.ParseMediaType(contentType)
	if strings.HasPrefix(mediaType, "multipart/") && e.parts == nil && len(e.body) > 0 {
		e.parts = readParts(e.body, values["boundary"])
	}
	switch {
	case e.parts != nil:
		c.body.kind = partsBody
		for _, p := range e.parts {
			var t text
			if p.file == "" {
				t = r.text(p.value, p.name, c)
			} else if p.value != "" {
				t = r.scrub(p.value, c, true, true)
			} else {
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
		c.body.raw = r.scrub(string(e.body), c, true, true)
		r.notes.add("the body of %s %s is of no known form: look for what is secret in it, or changes", c.method, c.row)
	}
}

var identifierForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,60}$`)

// wordForm matches what may be a value in a text.
var wordForm = regexp.MustCompile(`[^\s"'<>&;:,={}()[\]\\]{8,}`)

// scrub puts secrets and carried values into a text that is of no known form.
func (r *recorder) scrub(raw string, c *call, loosely, carried bool) text {
	type part struct {
		span
		piece piece
	}
	var parts []part
	add := func(from, to int, p func() piece) {
		const most = 500 // places in one text
		if len(parts) < most && !slices.ContainsFunc(parts, func(x part) bool { return from < x.to && x.from < to }) {
			parts = append(parts, part{span{from: from, to: to}, p()})
		}
	}
	every := func(value string, p func() piece) {
		for at := 0; ; at += len(value) {
			i := strings.Index(raw[at:], value)
			if i < 0 {
				return
			}
			at += i
			add(at, at+len(value), p)
		}
	}
	const most = 100 // secrets that are looked for wherever they begin; others have to be words
	for _, s := range r.secrets[:min(len(r.secrets), most)] {
		if len(s.value) >= 6 && s.basic == "" {
			every(s.value, func() piece { return piece{secret: s} })
		}
	}
	for _, m := range wordForm.FindAllStringIndex(raw, -1) {
		word := raw[m[0]:m[1]]
		if s := r.byText[word]; s != nil {
			add(m[0], m[1], func() piece { return piece{secret: s} })
		} else if k := r.memory.held[word]; carried && k != nil && r.memory.use(word, "", c) != nil {
			r.hide(k)
			add(m[0], m[1], func() piece { return piece{carry: k} })
		}
	}
	for _, s := range hidden(raw, loosely) {
		add(s.from, s.to, func() piece { return piece{secret: r.guess(raw[s.from:s.to], s.name, c)} })
	}
	slices.SortFunc(parts, func(a, b part) int { return a.from - b.from })
	var t text
	at := 0
	for _, p := range parts {
		if p.from > at {
			t = append(t, piece{lit: raw[at:p.from]})
		}
		t = append(t, p.piece)
		at = p.to
	}
	if at < len(raw) || len(t) == 0 {
		t = append(t, piece{lit: raw[at:]})
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
		r.doubt(v.String(), name)
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
