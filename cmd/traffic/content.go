package traffic

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// requestBody makes the body of a call.
func (d *description) requestBody(at *operation, e *exchange, c *call) {
	d.fillBody(at, e, c)
	if who := c.body.person(); who != "" {
		d.notes.add("%s %s has an example as the %s, the same for all users: write one that exists, make it a parameter, or take it from a list", at.method, at.path, who)
	}
}

func (d *description) fillBody(at *operation, e *exchange, c *call) {
	if at.op.RequestBody == nil || at.op.RequestBody.Value == nil {
		return
	}
	content := at.op.RequestBody.Value.Content
	name, media := jsonContent(content)
	if media != nil {
		c.body.kind = jsonBody
		value := plainJSON(d.media(*at, media, true))
		if object, ok := value.(map[string]any); ok {
			d.refer(at, object)
		}
		c.body.json = d.tree(value, "", e, c, 0)
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
		value := plainJSON(d.media(*at, media, true))
		object, isObject := value.(map[string]any)
		switch {
		case strings.HasPrefix(name, "application/x-www-form-urlencoded") && isObject:
			c.body.kind = formBody
			d.refer(at, object)
			for _, key := range slices.Sorted(maps.Keys(object)) {
				value, known := object[key].(text)
				if !known {
					value = d.text(scalar(object[key]), key, c)
				}
				c.body.form = append(c.body.form, setting{key, value})
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
