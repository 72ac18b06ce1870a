package traffic

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// value returns decoded JSON in Go.
func (w *writer) value(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && strconv.FormatInt(n, 10) == v.String() && n >= -1<<31 && n < 1<<31 {
			return v.String()
		}
		w.uses("encoding/json")
		return "json.Number(" + quote(v.String()) + ")"
	case text:
		if len(v) == 1 && v[0].carry != nil && v[0].carry.number {
			return w.field(v[0].carry)
		}
		if len(v) == 1 && v[0].fresh != nil {
			return v[0].fresh.code()
		}
		return w.expr(v, false)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, w.value(item))
		}
		return "[]any{" + strings.Join(items, ", ") + "}"
	case map[string]any:
		var items []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, quote(key)+": "+w.value(v[key]))
		}
		short := strings.Join(items, ", ")
		if len(short) > 80 {
			short = "\n" + strings.Join(items, ",\n") + ",\n"
		}
		return "map[string]any{" + short + "}"
	}
	return "nil"
}

func (w *writer) field(k *carried) string {
	if k.local {
		return k.field
	}
	return "v." + k.field
}

// code returns where a fresh value is kept.
func (f *fresh) code() string {
	if f.local {
		return f.field
	}
	return "v." + f.field
}

// expr returns a text in Go. What is carried is escaped for a path.
func (w *writer) expr(t text, path bool) string {
	var all []string
	lit := ""
	flush := func() {
		if lit != "" {
			all = append(all, quote(lit))
			lit = ""
		}
	}
	for _, p := range t {
		var code string
		switch {
		case p.carry != nil:
			code = w.field(p.carry)
			if p.carry.number {
				code += ".String()"
			}
		case p.secret != nil:
			code = p.secret.variable + ".Of(u)"
			if p.secret.basicPair {
				w.uses("encoding/base64")
				code = fmt.Sprintf("base64.StdEncoding.EncodeToString([]byte(%s))", code)
			} else if p.secret.basic != "" {
				w.uses("encoding/base64")
				code = fmt.Sprintf("base64.StdEncoding.EncodeToString([]byte(%s + %s))", quote(p.secret.basic+":"), code)
			}
		case p.fresh != nil:
			code = p.fresh.code()
			if p.fresh.number {
				code += ".String()"
			}
		default:
			lit += p.lit
			continue
		}
		flush()
		if path && (p.carry == nil || !p.carry.number) {
			w.uses("net/url")
			code = "url.PathEscape(" + code + ")"
		}
		all = append(all, code)
	}
	flush()
	if len(all) == 0 {
		return `""`
	}
	return strings.Join(all, "+")
}

// percent keeps a text from being a format.
func percent(text string) string { return strings.ReplaceAll(oneLine(text), "%", "%%") }

// quote returns text as a string in Go.
func quote(text string) string { return strconv.Quote(text) }

// quoteRaw does so with backquotes where that is possible and reads better.
func quoteRaw(text string) string {
	hides := strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) // what would show otherwise than it is
	if strings.ContainsAny(text, `"\`) && strconv.CanBackquote(text) && !hides {
		return "`" + text + "`"
	}
	return quote(text)
}
