package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// take writes how values are taken out of an answer.
func (w *writer) take(c *call, names scope) {
	var inJSON, others []*carried
	for _, k := range c.takes {
		if k.path != nil {
			inJSON = append(inJSON, k)
		} else {
			others = append(others, k)
		}
	}
	if len(inJSON) > 0 {
		answer := names.local("answer")
		root := &shape{}
		for _, k := range inJSON {
			root.add(k.path, k)
		}
		w.line("var %s %s", answer, w.shape(root))
		w.line("if err := resp.JSON(&%s); err != nil {\nreturn err\n}", answer)
		checked := map[string]int{}
		for _, k := range inJSON {
			at, path, soft := answer, "", []string{}
			for node, steps := root, k.path; len(steps) > 0; steps = steps[1:] {
				switch step := steps[0].(type) {
				case string:
					node = node.keys[step]
					at += "." + node.name
					path += "." + step
				case int:
					node = node.elem
					if have, ok := checked[at]; (!ok || have < step) && !k.maybe {
						checked[at] = step
						w.line("if len(%s) <= %d {\nreturn resp.Failf(%s, len(%s))\n}", at, step, quote(fmt.Sprintf("answer has %%d%s, want at least %d", percent(path), step+1)), at)
					}
					soft = append(soft, fmt.Sprintf("len(%s) > %d", at, step))
					at += fmt.Sprintf("[%d]", step)
					path += fmt.Sprintf("[%d]", step)
				}
			}
			if k.maybe {
				soft = append(soft, at+` != ""`)
				w.line("if %s {\nv.%s = %s\n}", strings.Join(soft, " && "), k.field, at)
				continue
			}
			w.line("if %s == \"\" {\nreturn resp.Failf(%s)\n}", at, quote("answer has no "+percent(strings.TrimPrefix(path, "."))))
			w.keep(k, at)
		}
	} else if slices.ContainsFunc(others, func(k *carried) bool { return k.chosen == nil }) {
		w.line("if err := resp.Err(); err != nil {\nreturn err\n}")
	}
	for _, k := range others {
		switch {
		case k.chosen != nil:
			w.line("v.%s = %s", k.field, k.chosen.code())
		case k.pattern != "":
			found := names.local("found")
			w.uses("html")
			w.line("%s := %s.FindStringSubmatch(resp.Text())", found, k.variable)
			w.line("if %s == nil {\nreturn resp.Failf(%s)\n}", found, quote("page has no "+percent(oneLine(k.key))))
			w.keep(k, "html.UnescapeString("+found+"[1])")
		case k.cookie != "":
			cookie := names.local("cookie")
			w.uses("net/http")
			w.line("%s, err := http.ParseSetCookie(resp.Header(\"Set-Cookie\"))", cookie)
			w.line("if err != nil || %s.Name != %s {\nreturn resp.Failf(%s)\n}", cookie, quote(k.cookie), quote("answer sets no cookie "+percent(oneLine(k.cookie))))
			w.keep(k, cookie+".Value")
		default:
			value := names.name(identifier(k.header, "header", false))
			w.line("%s := resp.Header(%s)", value, quote(k.header))
			w.line("if %s == \"\" {\nreturn resp.Failf(%s)\n}", value, quote("answer has no header "+percent(k.header)))
			if k.tail {
				w.uses("path")
				value = "path.Base(" + value + ")"
			}
			w.keep(k, value)
		}
	}
}

// keep writes where a value goes.
func (w *writer) keep(k *carried, code string) {
	if k.stickyName != "" {
		text := code
		if k.number {
			text += ".String()"
		}
		if k.sticky != "" {
			text = quote(k.sticky) + "+" + text
		}
		w.line("u.Header.Set(%s, %s)", quote(k.stickyName), text)
	}
	switch {
	case k.field == "":
	case k.local:
		w.line("%s := %s", k.field, code)
	default:
		w.line("v.%s = %s", k.field, code)
	}
}

// A shape is the type that a JSON answer is decoded into.
type shape struct {
	name string // in Go, of a field
	keys map[string]*shape
	elem *shape
	leaf *carried
	used scope
}

func (s *shape) add(path []any, k *carried) {
	if len(path) == 0 {
		s.leaf = k
		return
	}
	switch step := path[0].(type) {
	case string:
		if s.keys == nil {
			s.keys, s.used = map[string]*shape{}, scope{}
		}
		next := s.keys[step]
		if next == nil {
			next = &shape{name: s.used.name(identifier(step, "field", true))}
			s.keys[step] = next
		}
		next.add(path[1:], k)
	case int:
		if s.elem == nil {
			s.elem = &shape{}
		}
		s.elem.add(path[1:], k)
	}
}

func (w *writer) shape(s *shape) string {
	switch {
	case s.elem != nil:
		return "[]" + w.shape(s.elem)
	case s.keys != nil:
		var lines []string
		for _, key := range slices.Sorted(maps.Keys(s.keys)) {
			field := s.keys[key]
			lines = append(lines, fmt.Sprintf("%s %s `json:%s`", field.name, w.shape(field), strconv.Quote(key)))
		}
		return "struct {\n" + strings.Join(lines, "\n") + "\n}"
	case s.leaf != nil && s.leaf.number:
		w.uses("encoding/json")
		return "json.Number"
	}
	return "string"
}
