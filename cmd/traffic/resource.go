package traffic

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A resource is one kind of thing that an API keeps: a collection, and one of it by its id.
//
// Where things can be deleted, a user knows only those that it made itself, and forgets
// what it deletes: nobody asks for what another has deleted.
type resource struct {
	collection string // its path, as plainPath returns it
	key        string // the parameter that has the id
	parent     *resource
	field      string      // of the state, that has the id of one
	maker      *operation  // makes one
	lister     *operation  // lists them
	chosen     bool        // the maker's request says the id, not its answer
	onPath     bool        // and does so in its path
	sources    []*carried  // of the id
	after      []*resource // whose ids the maker or the lister needs
}

// plainPath returns a path without the names of its parameters.
func plainPath(path string) string {
	return strings.TrimSuffix(pathParameter.ReplaceAllString(path, "{}"), "/")
}

// resources finds what can be made, listed and deleted. It drops the operations that
// delete what nothing makes: soon there would be nothing left to ask for.
func (d *description) resources() {
	d.kept = map[string]*resource{}
	for _, at := range d.listed {
		parts := strings.Split(at.path, "/")
		var parent *resource
		for n, s := range parts {
			m := pathParameter.FindStringSubmatch(s)
			if m == nil || m[0] != s || secretName(m[1]) {
				continue
			}
			collection := plainPath(strings.Join(parts[:n], "/"))
			r := d.kept[collection]
			if r == nil {
				r = &resource{collection: collection, key: m[1], parent: parent}
				d.kept[collection] = r
			}
			parent = r
		}
	}
	deleters := map[string]bool{}
	for _, at := range d.listed {
		path := plainPath(at.path)
		if r := d.kept[path]; r != nil {
			switch at.method {
			case http.MethodPost:
				r.maker = at
			case http.MethodGet:
				r.lister = at
			}
		}
		if collection, ok := strings.CutSuffix(path, "/{}"); ok && d.kept[collection] != nil {
			switch r := d.kept[collection]; at.method {
			case http.MethodDelete:
				deleters[collection] = true
			case http.MethodPut:
				if r.maker == nil && slices.Contains(at.call.expect, http.StatusCreated) {
					r.maker, r.onPath = at, true
				}
			}
		}
	}
	for _, collection := range slices.Sorted(maps.Keys(d.kept)) {
		r := d.kept[collection]
		d.made(r)
		if deleters[collection] && r.maker != nil {
			r.lister = nil
		}
		d.list(r)
		if r.parent != nil {
			r.after = append(r.after, r.parent)
		}
		if len(r.sources) == 0 {
			continue
		}
		r.field = d.names.name(identifier(r.name(), "id", false))
		value := fmt.Sprint("id-", len(d.carries)+1)
		if r.sources[0].number {
			value = fmt.Sprint(4711 + len(d.carries))
		}
		for _, k := range r.sources {
			k.value, k.field = value, r.field
			k.from.takes = append(k.from.takes, k)
			d.carries = append(d.carries, k)
		}
	}
	d.listed = slices.DeleteFunc(d.listed, func(at *operation) bool {
		collection, one := strings.CutSuffix(plainPath(at.path), "/{}")
		if at.method != http.MethodDelete || !one || d.kept[collection] == nil || d.kept[collection].maker != nil {
			return false
		}
		d.methods = slices.DeleteFunc(d.methods, func(m *method) bool { return m == at.call.in })
		d.notes.add("DELETE %s is left out: the file does not say how to make what it deletes, and soon none would be left", at.path)
		return true
	})
}

// make makes up a value that only one call needs.
func (d *description) make(c *call, name string) *fresh {
	locals := scope{}
	for _, f := range d.fresh {
		if f.made == c {
			locals[f.field] = true
		}
	}
	f := &fresh{prefix: "u", local: true, made: c, field: locals.name(identifier(name, "value", false))}
	d.fresh = append(d.fresh, f)
	return f
}

// made finds out whether the maker of a resource says the id of what it makes.
func (d *description) made(r *resource) {
	if r.maker == nil {
		return
	}
	var path []any
	number := false
	if r.maker.good != nil {
		path, number = find(r.maker.good.Schema, r.key, r.thing())
	}
	name, schema := r.asked()
	isID := len(words(name)) > 0 && idName(name)
	switch {
	case r.onPath:
		p := r.maker.parameter(r.key)
		if p == nil || !free(p) {
			r.maker = nil
			return
		}
		number, r.chosen = p.Type.Is("integer"), true
	case schema != nil && (path == nil || !isID || slices.Contains(r.maker.body().Required, name)):
		number, r.chosen = schema.Type.Is("integer"), true
	case path == nil && r.maker.placed:
		k := &carried{key: r.key, from: r.maker.call, header: "Location", tail: true}
		r.sources = append(r.sources, k)
		return
	case path == nil:
		r.maker = nil
		return
	}
	k := &carried{number: number, key: r.key, from: r.maker.call, path: path}
	if r.chosen {
		k.path = nil
		k.chosen = d.make(r.maker.call, r.name())
		k.chosen.number = number
	}
	r.sources = append(r.sources, k)
}

// list finds out whether a list says ids.
func (d *description) list(r *resource) {
	if r.lister == nil || r.lister.good == nil {
		r.lister = nil
		return
	}
	path, number := find(r.lister.good.Schema, r.key, r.thing())
	if path == nil || len(r.sources) > 0 && r.sources[0].number != number {
		r.lister = nil
		return
	}
	r.sources = append(r.sources, &carried{number: number, key: r.key, from: r.lister.call, path: path, maybe: true})
}

// thing says what one of a collection is.
func (r *resource) thing() string { return singular(last(pathWords(r.collection))) }

// name says how to call its id.
func (r *resource) name() string {
	if len(words(r.key)) == 1 && (idName(r.key) || r.key == "name") {
		return r.thing() + "_" + r.key
	}
	return r.key
}

// asked returns the field at the top of the maker's request that says the id, if any
// text or number will do there.
func (r *resource) asked() (string, *openapi3.Schema) {
	schema := r.maker.body()
	if schema == nil {
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		if p != nil && p.Value != nil && !p.Value.ReadOnly && free(p.Value) && isID(name, r.key, r.thing()) {
			return name, p.Value
		}
	}
	return "", nil
}

// body returns the schema of what is asked, nil when it is no object.
func (at *operation) body() *openapi3.Schema {
	if at.op.RequestBody == nil || at.op.RequestBody.Value == nil {
		return nil
	}
	content := at.op.RequestBody.Value.Content
	_, media := jsonContent(content)
	if media == nil {
		media = content["application/x-www-form-urlencoded"]
	}
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		return nil
	}
	all := &openapi3.Schema{Properties: openapi3.Schemas{}}
	queue := []*openapi3.Schema{media.Schema.Value}
	for n := 0; n < len(queue) && n < 20; n++ {
		maps.Copy(all.Properties, queue[n].Properties)
		all.Required = append(all.Required, queue[n].Required...)
		for _, part := range queue[n].AllOf {
			if part != nil && part.Value != nil {
				queue = append(queue, part.Value)
			}
		}
	}
	return all
}

// parameter returns the schema of a parameter of the path, nil when there is none.
func (at *operation) parameter(name string) *openapi3.Schema {
	for _, p := range at.params {
		if p.Name == name && p.In == openapi3.ParameterInPath && p.Schema != nil {
			return p.Schema.Value
		}
	}
	return nil
}

// free reports whether any text or number will do.
func free(s *openapi3.Schema) bool {
	return s.Type != nil && (s.Type.Is("integer") || s.Type.Is("string") && s.Pattern == "" && len(s.Enum) == 0 && s.Format == "" && s.MaxLength == nil)
}

// reaches reports whether the id of to is needed for that of r.
func (r *resource) reaches(to *resource) bool {
	return r == to || slices.ContainsFunc(r.after, func(before *resource) bool { return before.reaches(to) })
}

// below reports whether r is kept within to.
func (r *resource) below(to *resource) bool {
	return r.parent != nil && (r.parent == to || r.parent.below(to))
}

// use has a call need the id of one of r.
func (d *description) use(at *operation, r *resource) piece {
	for _, k := range r.sources {
		if !slices.Contains(k.uses, at.call) {
			k.uses = append(k.uses, at.call)
		}
	}
	if !slices.Contains(at.wants, r) {
		at.wants = append(at.wants, r)
	}
	return piece{carry: r.sources[0]}
}

// refer puts ids into the fields at the top of a request: a new one where the call makes
// something, and otherwise that of what the request is about.
func (d *description) refer(at *operation, object map[string]any) {
	body := at.body()
	if body == nil {
		return
	}
	made := d.kept[plainPath(at.path)]
	making := made != nil && made.maker != nil && made.maker.call == at.call
	chosen := ""
	if making {
		name, _ := made.asked()
		chosen = name
		switch {
		case name == "":
		case made.chosen:
			object[name] = text{{fresh: made.sources[0].chosen}}
		case !slices.Contains(body.Required, name):
			delete(object, name) // the target says it
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		p := body.Properties[name]
		if name == chosen || p == nil || p.Value == nil || p.Value.Type == nil || secretName(name) {
			continue
		}
		if making && whoForm.MatchString(name) && p.Value.Type.Is("string") && p.Value.Pattern == "" && len(p.Value.Enum) == 0 {
			f := d.make(at.call, name)
			if strings.Contains(strings.ToLower(name), "mail") {
				f.suffix = "@example.com"
			}
			object[name] = text{{fresh: f}}
			continue
		}
		if _, isText := value.(text); isText {
			continue
		}
		if r := d.meant(at, name); r != nil && len(r.sources) > 0 && p.Value.Type.Is("integer") == r.sources[0].number {
			object[name] = text{d.use(at, r)}
		}
	}
}

// meant returns the resource whose id a field of a request is.
func (d *description) meant(at *operation, name string) *resource {
	path := plainPath(at.path)
	if at.method == http.MethodPut || at.method == http.MethodPatch {
		for _, collection := range []string{path, strings.TrimSuffix(path, "/{}")} {
			if r := d.kept[collection]; r != nil && len(r.sources) > 0 && isID(name, r.key, r.thing()) {
				return r
			}
		}
	}
	if len(words(name)) < 2 || !idName(name) {
		return nil
	}
	for _, collection := range slices.Sorted(maps.Keys(d.kept)) {
		r := d.kept[collection]
		if len(r.sources) == 0 || !slices.Equal(words(name), words(r.key)) && !slices.Equal(words(name), []string{r.thing(), "id"}) {
			continue
		}
		if own := d.kept[path]; own != nil && (own.maker != nil && own.maker.call == at.call || own.lister != nil && own.lister.call == at.call) {
			if r.reaches(own) {
				continue
			}
			own.after = append(own.after, r)
		}
		return r
	}
	return nil
}

// settleNeeds says who sets what a call needs, and what is void after it.
func (d *description) settleNeeds() {
	for _, at := range d.listed {
		for _, r := range at.wants {
			if slices.ContainsFunc(at.wants, func(other *resource) bool { return other.below(r) }) {
				continue // whoever knows that one knows this
			}
			source := r.lister
			if source == nil {
				source = r.maker
			}
			if source.call != at.call {
				at.call.in.needs = append(at.call.in.needs, need{r.field, source.call.in, source == r.lister})
			}
		}
		path := plainPath(at.path)
		var gone *resource
		for _, r := range d.kept {
			if len(r.sources) > 0 && slices.ContainsFunc(r.sources, func(k *carried) bool { return k.from == at.call }) {
				gone = r
			}
		}
		if collection, one := strings.CutSuffix(path, "/{}"); one && at.method == http.MethodDelete {
			if gone = d.kept[collection]; gone != nil && gone.field != "" {
				at.call.ends = append(at.call.ends, gone.field)
			}
		}
		for _, collection := range slices.Sorted(maps.Keys(d.kept)) {
			if r := d.kept[collection]; gone != nil && r.field != "" && r.below(gone) {
				at.call.ends = append(at.call.ends, r.field)
			}
		}
	}
	for _, f := range d.fresh {
		for _, at := range d.listed {
			c := at.call
			if c != f.made && !leads(f.made.in, c.in) && mentions(c, func(p piece) bool { return p.fresh == f }) {
				c.in.needs = append(c.in.needs, need{field: f.field, by: f.made.in})
			}
		}
	}
}

// leads reports whether a method needs another, or is it.
func leads(from, to *method) bool {
	return from == to || slices.ContainsFunc(from.needs, func(n need) bool { return leads(n.by, to) })
}

func last(all []string) string { return all[len(all)-1] }

// find returns where an answer has an id: in a field of the parameter's name, or id, the
// least deep.
func find(schema *openapi3.SchemaRef, name, thing string) (path []any, number bool) {
	type place struct {
		schema *openapi3.SchemaRef
		path   []any
	}
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
			if isID(key, name, thing) && p.Value.Type != nil && (p.Value.Type.Is("integer") || p.Value.Type.Is("string")) {
				return append(slices.Clone(at.path), key), p.Value.Type.Is("integer")
			}
			if p.Value.Properties != nil || p.Value.Items != nil || p.Value.AllOf != nil {
				queue = append(queue, place{p, append(slices.Clone(at.path), key)})
			}
		}
	}
	return nil, false
}

// isID reports whether a field has the id that a parameter wants of a thing.
func isID(field, parameter, thing string) bool {
	joint, wanted := strings.Join(words(field), ""), strings.Join(words(parameter), "")
	of := strings.TrimSuffix(wanted, "id") // shelf, where the thing is said to be a shelve
	return joint != "" && joint == wanted || joint == "id" && wanted != of &&
		(of == "" || of == thing || len(of) > 3 && strings.HasPrefix(thing, of[:len(of)-1]))
}
