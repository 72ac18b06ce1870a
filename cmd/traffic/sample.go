package traffic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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
