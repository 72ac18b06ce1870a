package traffic

import (
	"fmt"
	"go/token"
	"regexp"
	"sort"
	"strings"
	"unicode"
)

// oneLine returns text as it may stand in a comment or a message: one line of
// printable characters.
func oneLine(text string) string {
	const most = 300
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(text)
}

// words returns the words that a name is made of, in small letters: accessToken,
// access_token and access-token are access and token.
func words(text string) []string {
	var all []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
			word = nil
		}
	}
	before := ' '
	for _, r := range text {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			before = ' '
			continue
		}
		if unicode.IsUpper(r) && !unicode.IsUpper(before) {
			flush()
		}
		word = append(word, r)
		before = r
	}
	flush()
	return all
}

var initials = map[string]string{"id": "ID", "url": "URL", "api": "API", "csrf": "CSRF", "xsrf": "XSRF", "html": "HTML", "http": "HTTP", "json": "JSON", "uuid": "UUID"}

// camel joins words as a Go identifier, at most forty letters of them.
func camel(all []string, exported bool) string {
	var b strings.Builder
	for i, w := range all {
		if b.Len()+len(w) > 40 {
			break
		}
		switch upper := initials[w]; {
		case i == 0 && !exported:
			b.WriteString(w)
		case upper != "":
			b.WriteString(upper)
		default:
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// identifier returns a Go identifier for some text. It is otherwise when text has no
// letter.
func identifier(text, otherwise string, exported bool) string {
	name := camel(words(text), exported)
	if name == "" || !unicode.IsLetter(rune(name[0])) {
		name = camel(append(words(otherwise), words(text)...), exported)
	}
	return name
}

// taken are the names that generated code uses in another way.
var taken = map[string]bool{
	"load": true, "http": true, "time": true, "url": true, "json": true, "html": true, "regexp": true, "bytes": true, "io": true,
	"multipart": true, "base64": true, "cmp": true, "strings": true, "loadtest": true, "testing": true, "synctest": true, "textproto": true,
	"u": true, "v": true, "err": true, "resp": true, "found": true, "t": true, "w": true, "r": true, "h": true, "b": true,
	"main": true, "init": true, "string": true, "any": true, "error": true, "nil": true, "true": true, "false": true, "int": true,
	"float64": true, "bool": true, "byte": true, "len": true, "map": true, "append": true, "new": true, "make": true, "recorded": true,
	"got": true, "want": true, "next": true, "suite": true, "max": true, "min": true, "copy": true, "close": true, "delete": true,
	"clear": true, "panic": true, "print": true, "println": true, "recover": true, "cap": true, "real": true, "imag": true,
	"complex": true, "iota": true, "rune": true, "uint": true, "int8": true, "int16": true, "int32": true, "int64": true,
	"uint8": true, "uint16": true, "uint32": true, "uint64": true, "uintptr": true, "float32": true, "complex64": true,
	"complex128": true, "comparable": true, "sent": true, "name": true, "value": true, "c": true, "form": true, "fmt": true,
	"cookie": true, "cookies": true, "body": true, "answer": true, "math": true, "strconv": true, "mime": true, "path": true,
}

// literalForm matches what the compiler calls function literals, which have no name to
// show.
var literalForm = regexp.MustCompile(`^func\d*$`)

// A scope gives each name once.
type scope map[string]bool

func (s scope) name(want string) string {
	if literalForm.MatchString(want) {
		want = "do" + strings.ToUpper(want[:1]) + want[1:]
	}
	name := want
	if !s.free(name) { // then the least number that is free, as far as there are no gaps
		end := 2
		for !s.free(fmt.Sprint(want, end)) {
			end *= 2
		}
		from := end/2 + 1
		name = fmt.Sprint(want, from+sort.Search(end-from, func(i int) bool { return s.free(fmt.Sprint(want, from+i)) }))
	}
	s[name] = true
	return name
}

func (s scope) free(name string) bool { return !s[name] && !taken[name] && !token.IsKeyword(name) }

// local gives a name that only one function knows.
func (s scope) local(want string) string {
	name := want
	for i := 2; s[name]; i++ {
		name = fmt.Sprint(want, i)
	}
	s[name] = true
	return name
}

// slug returns text as the name of a scenario: small letters, digits and dashes.
func slug(text string) string {
	name := strings.Join(words(text), "-")
	if len(name) > 40 {
		name = strings.Trim(name[:40], "-")
	}
	if name == "" {
		return "traffic"
	}
	if name[0] >= '0' && name[0] <= '9' {
		name = "s" + name
	}
	return name
}

var (
	uuidForm   = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)
	numberForm = regexp.MustCompile(`^-?\d+$`)
	hashForm   = regexp.MustCompile(`(?i)^[0-9a-f]{8,}$`)
	dateForm   = regexp.MustCompile(`^\d{4}-\d\d(-\d\d)?$`)
	longForm   = regexp.MustCompile(`^[A-Za-z0-9_.~=-]{16,}$`)
	digit      = regexp.MustCompile(`\d`)
)

// placeholder returns what stands for a part of a path in the name of a row, or "" when
// that part is the same for everybody.
func placeholder(part string) string {
	switch {
	case dateForm.MatchString(part):
		return "{date}"
	case numberForm.MatchString(part), uuidForm.MatchString(part),
		hashForm.MatchString(part) && digit.MatchString(part):
		return "{id}"
	case strings.Contains(part, "@"):
		return "{email}"
	case longForm.MatchString(part) && random(part):
		return "{id}"
	}
	return ""
}

// random reports whether text looks made by a machine: letters and digits change places
// at least three times.
func random(text string) bool {
	changes, before := 0, 0
	for _, r := range text {
		now := 0
		switch {
		case unicode.IsDigit(r):
			now = 1
		case unicode.IsLetter(r):
			now = 2
		default:
			continue
		}
		if before != 0 && now != before {
			changes++
		}
		before = now
	}
	return changes >= 3
}

// singular returns the word for one of many, as far as English is regular.
func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return strings.TrimSuffix(word, "ies") + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "shes"):
		return strings.TrimSuffix(word, "es")
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && len(word) > 3:
		return strings.TrimSuffix(word, "s")
	}
	return word
}
