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
