package traffic

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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
