package traffic

import (
	"maps"
	"slices"
)

// person returns the name under which a body has, beside a password, who it is, if that is
// written in the source and so the same for all users; "" otherwise.
func (b *body) person() (name string) {
	password := false
	look := func(field string, value any) {
		t, isText := value.(text)
		if typed(field) {
			password = true
		} else if isText && name == "" && whoForm.MatchString(field) {
			if who, fixed := t.pure(); fixed && who != "" {
				name = field
			}
		}
	}
	for _, s := range b.form {
		look(s.name, s.value)
	}
	for _, p := range b.parts {
		look(p.name, p.value)
	}
	eachField(b.json, look)
	if !password {
		return ""
	}
	return name
}

// eachField gives the fields of all objects in decoded JSON, in order.
func eachField(v any, look func(name string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			look(name, v[name])
			eachField(v[name], look)
		}
	case []any:
		for _, item := range v {
			eachField(item, look)
		}
	}
}
