package traffic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	nethtml "golang.org/x/net/html"
)

// A memory is what answers held so far, and what users typed.
type memory struct {
	held    map[string]*carried // by value
	typed   map[string]bool
	cookies map[string]bool // values that answers set
	seen    seen
	queue   []*carried // held, the oldest first
}

// use returns the carried value that a request's value is, or nil. The name says where
// the request has it.
func (m *memory) use(value, name string, c *call) *carried {
	k := m.held[value]
	if k == nil || m.typed[value] || typed(name) {
		return nil
	}
	if !telling(value, k.key, name) {
		return nil
	}
	if len(value) < 3 && name != "" && !idName(name) { // "2" may be anything
		return nil
	}
	if !slices.Contains(k.uses, c) {
		k.uses = append(k.uses, c)
	}
	return k
}

// telling reports whether a value is more than a common word. An answer has it by a key,
// and a request by a name.
func telling(value, key, name string) bool {
	switch value {
	case "", "0", "true", "false", "null":
		return false
	}
	if idName(key) || secretName(key) || secretValue(value) || len(value) >= 8 && digit.MatchString(value) && placeholder(value) != "" {
		return true
	}
	return len(value) >= 4 && nextName(key) && !numberForm.MatchString(value) ||
		coded(value) && !whoForm.MatchString(name) && (len(value) >= 8 || len(value) >= 4 && key != "" && slices.Equal(words(key), words(name)))
}

var (
	codedForm  = regexp.MustCompile(`^[A-Za-z0-9_.:~=+-]*$`)
	letter     = regexp.MustCompile(`[A-Za-z]`)
	momentForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d`)
)

// coded reports whether a value is one word with letters and digits, as codes have.
func coded(value string) bool {
	return codedForm.MatchString(value) && letter.MatchString(value) && digit.MatchString(value) && !momentForm.MatchString(value)
}

// mostHeld is how many values are remembered: those of the latest answers.
const mostHeld = 1 << 17

func (m *memory) hold(k *carried) {
	m.held[k.value] = k
	m.queue = append(m.queue, k)
	if len(m.queue) > mostHeld {
		if old := m.queue[0]; len(old.uses) == 0 {
			delete(m.held, old.value)
		}
		m.queue[0] = nil
		m.queue = m.queue[1:]
	}
}

// learn remembers what the last answer of a call holds.
func (m *memory) learn(c *call, a *answer) {
	add := func(k *carried) {
		if k.value == "" || len(k.value) > 4096 || m.held[k.value] != nil || m.typed[k.value] {
			return
		}
		k.from = c
		m.hold(k)
	}
	switch {
	case looksJSON(a):
		eachLeaf(a.body, add)
	case bytes.Contains(a.body[:min(len(a.body), 4096)], []byte("<")):
		eachTag(a.body, add)
	}
	m.seen.read(c, a.body)
	cookie := false
	for _, p := range a.header {
		name := http.CanonicalHeaderKey(p.name)
		if k, err := http.ParseSetCookie(p.value); name == "Set-Cookie" && err == nil && len(k.Value) >= 8 && digit.MatchString(k.Value) {
			m.cookies[k.Value] = true
		}
		if name == "Set-Cookie" && !cookie {
			cookie = true // the first is the one that Header returns
			if k, err := http.ParseSetCookie(p.value); err == nil && secretName(k.Name) {
				add(&carried{value: k.Value, key: k.Name, cookie: k.Name})
				if plain, err := url.QueryUnescape(k.Value); err == nil && plain != k.Value {
					m.typed[plain] = false
				}
			}
			continue
		}
		if secretName(name) || name == "Etag" || strings.HasSuffix(name, "-Id") {
			add(&carried{value: p.value, key: name, header: name})
		}
		if name == "Location" {
			if !redirect(a.status) {
				add(&carried{value: p.value, key: "location", header: name})
				if before, id, ok := lastPart(p.value); ok {
					add(&carried{value: id, key: singular(before) + "_id", header: name, tail: true})
				}
			}
		}
	}
}

// lastPart returns the last part of a URL's path, if that is an id as it stands there, and
// the one before.
func lastPart(raw string) (before, id string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", false
	}
	above, id := path.Split(u.EscapedPath())
	return path.Base(above), id, placeholder(id) == "{id}" || coded(id) && len(id) >= 8
}

func looksJSON(a *answer) bool {
	body := bytes.TrimSpace(a.body)
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && (strings.Contains(a.mime, "json") || json.Valid(body))
}

// mostLeaves is how many values of one answer are remembered.
const mostLeaves = 5000

var tagForm = regexp.MustCompile(`^[A-Za-z0-9_$@:/. -]{1,80}$`) // what a struct tag can say

// eachLeaf gives every value in a JSON text, those of lists in order, the others by key.
func eachLeaf(data []byte, add func(*carried)) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var root any
	if decoder.Decode(&root) != nil {
		return
	}
	left := mostLeaves
	var walk func(v any, key string, path []any)
	walk = func(v any, key string, path []any) {
		if left <= 0 || len(path) > 12 {
			return
		}
		left--
		switch v := v.(type) {
		case string:
			add(&carried{value: v, key: key, path: slices.Clone(path)})
		case json.Number:
			add(&carried{value: v.String(), key: key, path: slices.Clone(path), number: true})
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			for _, k := range keys {
				if tagForm.MatchString(k) && k != "-" {
					walk(v[k], naming(key, k), append(path, k))
				}
			}
		case []any:
			for i, item := range v {
				if i == 100 {
					break
				}
				walk(item, singular(key), append(path, i))
			}
		}
	}
	walk(root, "", nil)
}

// naming returns how to call what has a key within something: the id of a city is
// its cityID.
func naming(within, key string) string {
	if within != "" && within != "data" && within != "result" && len(words(key)) == 1 && len(words(within)) <= 2 {
		switch key {
		case "id", "_id", "uuid", "key", "slug", "code", "token", "number", "name":
			return within + "_" + key
		}
	}
	return key
}

// eachTag gives the values that a page holds for forms and scripts, and the ids its
// links have.
func eachTag(page []byte, add func(*carried)) {
	if len(page) > 4<<20 {
		return
	}
	z := nethtml.NewTokenizer(bytes.NewReader(page))
	for range mostLeaves {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return
		}
		if kind != nethtml.StartTagToken && kind != nethtml.SelfClosingTagToken {
			continue
		}
		raw := string(z.Raw())
		tag := z.Token()
		switch tag.Data {
		case "input":
			if name, value := attribute(tag, "name"), attribute(tag, "value"); name != "" && (secretName(name) || idName(name) || attribute(tag, "type") == "hidden") {
				addTag(page, raw, value, name, add)
			}
		case "meta":
			if name := cmp.Or(attribute(tag, "name"), attribute(tag, "property")); secretName(name) {
				addTag(page, raw, attribute(tag, "content"), name, add)
			}
		case "a", "form":
			target, err := url.Parse(cmp.Or(attribute(tag, "href"), attribute(tag, "action")))
			if err != nil || target.Host != "" {
				continue
			}
			before := ""
			for s := range strings.SplitSeq(target.EscapedPath(), "/") {
				if placeholder(s) == "{id}" && before != "" {
					addTag(page, raw, s, singular(before)+"_id", add)
				}
				before = s
			}
		}
	}
}

func attribute(tag nethtml.Token, name string) string {
	for _, a := range tag.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// addTag gives a value that a tag holds, if a pattern finds it there before anything else.
func addTag(page []byte, raw, value, key string, add func(*carried)) {
	if value == "" || len(raw) > 500 || len(raw) < len(value) || strings.ContainsAny(raw, "\x00") {
		return
	}
	for _, written := range []string{value, html.EscapeString(value)} {
		before, after, ok := strings.Cut(raw, written)
		if !ok || strings.Contains(after, written) && written == "" {
			continue
		}
		if i := strings.IndexAny(after, `"' >`); i >= 0 {
			after = after[:i+1] // what is behind may change
		}
		inner := `([^"'<>]+)`
		if strings.HasPrefix(after, "/") {
			inner = `([^"'<>/]+)`
		}
		pattern := regexp.QuoteMeta(before) + inner + regexp.QuoteMeta(after)
		finder, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		if m := finder.FindSubmatch(page); m != nil && html.UnescapeString(string(m[1])) == value {
			add(&carried{value: value, key: key, before: before, after: after, pattern: pattern})
			return
		}
	}
}

// standIn returns what the test has in place of a carried value.
func (k *carried) standIn() string { return cmp.Or(k.stand, k.value) }

// answerBody returns as much of an answer as the scenario reads of it. It begins with the example that a description gives.
func answerBody(takes []*carried, example []byte) string {
	var root any
	if len(example) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(example))
		decoder.UseNumber()
		decoder.Decode(&root) // which has been encoded just so
	}
	var tags []string
	for _, k := range takes {
		switch {
		case k.path != nil:
			var leaf any = k.standIn()
			if k.number {
				leaf = json.Number(k.standIn())
			}
			root = plant(root, k.path, leaf)
		case k.pattern != "":
			tags = append(tags, k.before+html.EscapeString(k.standIn())+k.after)
		}
	}
	if root != nil {
		data, err := json.Marshal(root)
		if err != nil {
			return ""
		}
		return string(data)
	}
	return strings.Join(tags, "\n")
}

// plant puts a leaf into a tree.
func plant(tree any, path []any, leaf any) any {
	if len(path) == 0 {
		return leaf
	}
	switch step := path[0].(type) {
	case string:
		object, ok := tree.(map[string]any)
		if !ok {
			object = map[string]any{}
		}
		object[step] = plant(object[step], path[1:], leaf)
		return object
	case int:
		list, _ := tree.([]any)
		for len(list) <= step {
			list = append(list, nil)
		}
		list[step] = plant(list[step], path[1:], leaf)
		return list
	}
	return tree
}
