package load

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine/stats"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// secretWords are what the names of secrets have in them.
var secretWords = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api-key", "api_key",
	"credential", "signature", "authorization", "cookie", "sessionid",
	"privatekey", "private-key", "private_key", "accesskey", "access-key", "access_key",
}

// secretParts are such words when they are a whole part of a name: "author" has auth in it.
var secretParts = []string{"pass", "auth", "session", "jwt", "otp", "pin", bearer}

// bearer stands before a secret in prose, too.
const bearer = "bearer"

const (
	leastKnown = 4  // bytes of a secret that is blanked wherever it stands
	leastFound = 8  // the same when only its name told that it is one: "yes" says nothing
	mostFound  = 50 // how many of those are looked for elsewhere
)

// Redacted returns text that may quote a request or an answer, such as a message,
// without what its name says is a secret.
func Redacted(text string) string {
	var r redaction
	return r.text(text)
}

// quotable returns a text that may quote a request or an answer without the secrets known
// and those that their names tell.
func quotable(text string, secrets []string) string { return Redacted(blank(text, secrets)) }

// rowName returns the name of a row without what the names in its query say is a secret,
// and without those that are known.
func rowName(name string, secrets []string) string {
	if strings.IndexByte(name, '?') < 0 {
		return name
	}
	var r redaction
	return blank(r.url(name), secrets)
}

// redact blanks the secrets out of an exemplar: what has the name of a secret, and the
// known ones and those found by name wherever they stand.
func redact(e *stats.Exemplar, known []string) {
	var r redaction
	e.Message, e.URL = r.text(e.Message), r.url(e.URL)
	for _, m := range []*stats.Message{&e.Request, &e.Response} {
		m.Body = r.body(m)
		for i, f := range m.Fields {
			m.Fields[i].Value = r.field(f.Name, f.Value)
		}
	}
	all := longestFirst(slices.Concat(known, r.found))
	e.Message, e.URL = blank(e.Message, all), blank(e.URL, all)
	for _, m := range []*stats.Message{&e.Request, &e.Response} {
		m.Body = blank(m.Body, all)
		for i, f := range m.Fields {
			m.Fields[i].Value = blank(f.Value, all)
		}
	}
}

// A redaction blanks out what the names in some texts say is a secret.
type redaction struct{ found []string }

// find remembers a secret, so that it can be looked for elsewhere.
func (r *redaction) find(secret string) {
	if len(secret) >= leastFound && !strings.Contains(secret, redacted) && len(r.found) < mostFound {
		r.found = append(r.found, written(secret)...)
	}
}

// field returns the value of a header field.
func (r *redaction) field(name, value string) string {
	switch lower := strings.ToLower(name); {
	case value == "":
		return ""
	case lower == "cookie":
		return r.cookies(value, true)
	case lower == "set-cookie":
		return r.cookies(value, false)
	case secretName(name):
		r.find(value)
		if _, credentials, ok := strings.Cut(value, " "); ok {
			r.find(credentials)
		}
		return redacted
	}
	return r.text(value)
}

// cookies blanks the value of the first cookie of a field, or of all: what follows in
// a Set-Cookie are attributes.
func (r *redaction) cookies(field string, all bool) string {
	parts := strings.Split(field, ";")
	for i, part := range parts {
		if i > 0 && !all {
			break
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			name, value = "", part
		}
		r.find(strings.TrimSpace(value))
		parts[i] = redacted
		if ok {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, ";")
}

// url returns an address.
func (r *redaction) url(s string) string { return r.pairs(r.userInfo(s), "&#") }

// body returns the body of a message.
func (r *redaction) body(m *stats.Message) string {
	for _, f := range m.Fields {
		if strings.EqualFold(f.Name, "Content-Type") && strings.HasPrefix(strings.ToLower(f.Value), "application/x-www-form-urlencoded") {
			return r.pairs(m.Body, "&")
		}
	}
	return r.text(m.Body)
}

// text returns a text of any kind, or what is left of one: JSON, XML, HTML, prose.
func (r *redaction) text(s string) string { return r.pairs(r.userInfo(s), "&#;,)}\"'<>\\ \t\r\n") }

// userInfo blanks what is between the scheme and the host of addresses.
func (r *redaction) userInfo(s string) string {
	const mark = "://"
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for {
		at := strings.Index(s, mark)
		if at < 0 {
			break
		}
		at += len(mark)
		b.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexAny(s, "/?#\"'<>\\ \t\r\n")
		if end < 0 {
			end = len(s)
		}
		if host := strings.LastIndexByte(s[:end], '@'); host >= 0 {
			_, password, _ := strings.Cut(s[:host], ":")
			r.find(password)
			b.WriteString(redacted)
			s = s[host:]
		}
	}
	b.WriteString(s)
	return b.String()
}

// pairs blanks what follows the names of secrets. A value of name=value ends before
// one of the bytes in ends.
func (r *redaction) pairs(s, ends string) string {
	var b strings.Builder
	done := 0 // what of s is in b
	for i := 0; i < len(s); {
		n := secretWord(s, i)
		if n == 0 {
			i++
			continue
		}
		name := nameAround(s, i, i+n)
		i = name.to
		v := valueOf(s, name, ends)
		if v.from >= v.to {
			continue
		}
		value := s[v.from:v.to]
		if v.bare {
			switch value {
			case "null", "true", "false":
				continue
			}
		}
		if !v.nested {
			r.find(value)
		}
		b.WriteString(s[done:v.from])
		b.WriteString(v.quote + redacted + v.quote)
		i, done = v.to, v.to
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// secretName reports whether a name is that of a secret.
func secretName(name string) bool {
	for i := range len(name) {
		if secretWord(name, i) > 0 {
			return true
		}
	}
	return false
}

// secretWord returns the length of the secret word that stands at i in s, 0 without one.
func secretWord(s string, i int) int {
	switch s[i] | 0x20 {
	case 'a', 'b', 'c', 'j', 'o', 'p', 's', 't':
	default:
		return 0 // as nearly always
	}
	if n := wordAt(s, i, secretWords); n > 0 {
		return n
	}
	if n := wordAt(s, i, secretParts); n > 0 && partBegins(s, i) && partBegins(s, i+n) {
		return n
	}
	return 0
}

// wordAt returns the length of the one of words that stands at i in s, 0 without one.
func wordAt(s string, i int, words []string) int {
	for _, w := range words {
		if s[i]|0x20 == w[0] && len(s)-i >= len(w) && strings.EqualFold(s[i:i+len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// partBegins reports whether a part of a name may begin at i, or has ended there:
// user_pass, userPass, user%5Bpass.
func partBegins(s string, i int) bool {
	letter := func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
	lower := func(c byte) bool { return letter(c) && c >= 'a' }
	switch {
	case i == 0 || i == len(s) || !letter(s[i-1]) || !letter(s[i]):
		return true
	case i >= 3 && s[i-3] == '%':
		return true
	}
	return lower(s[i-1]) && !lower(s[i])
}

// A stretch is s[from:to] of some text.
type stretch struct{ from, to int }

// nameAround returns the whole name that s[i:j] is part of.
func nameAround(s string, i, j int) stretch {
	for i > 0 && nameByte(s[i-1]) {
		i--
	}
	for j < len(s) && nameByte(s[j]) {
		j++
	}
	return stretch{i, j}
}

func nameByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("_-.%[]+$", c) >= 0
}

// A value is where what belongs to a name stands.
type value struct {
	stretch
	bare   bool   // without quotes, in JSON
	nested bool   // an object or a list
	quote  string // what to put around it, so that JSON stays JSON
}

// valueOf returns the value that belongs to a name in s, an empty one if none does.
func valueOf(s string, name stretch, ends string) value {
	quote := quoteAt(s, name.to)
	colon := skipSpace(s, name.to+len(quote))
	rest := s[colon:]
	switch {
	case quote != "" && strings.HasPrefix(rest, ":"):
		return jsonValue(s, skipSpace(s, colon+1), quote)
	case quote != "" && strings.HasPrefix(rest, "=>"):
		return jsonValue(s, skipSpace(s, colon+2), quote)
	case strings.HasPrefix(s[name.to:], "="):
		from := name.to + 1
		if q := quoteAt(s, from); q != "" && strings.Contains(ends, q[len(q)-1:]) {
			return value{stretch: quoted(s, from, q)}
		}
		return value{stretch: until(s, from, ends)}
	case strings.HasPrefix(rest, ":") && headerName(s[name.from:name.to]):
		return value{stretch: until(s, skipSpace(s, colon+1), "\r\n\"'<\\")}
	}
	if v := named(s, name, quote); v.to > 0 {
		return value{stretch: v}
	}
	if strings.Contains(ends, "\n") { // it is no address and no form
		if v := assigned(s, name, ends); v.to > 0 {
			return value{stretch: v}
		}
	}
	return value{stretch: element(s, name)}
}

// assigned returns what is said of a name in other ways: password = "x" in code, and in
// a line of its own password: x or password = x; and what follows Bearer.
func assigned(s string, name stretch, ends string) stretch {
	at := skipBlanks(s, name.to)
	if at == len(s) {
		return stretch{}
	}
	from := skipBlanks(s, at+1)
	switch {
	case s[at] != '=' && s[at] != ':':
		if !strings.EqualFold(s[name.from:name.to], bearer) || at == name.to {
			return stretch{}
		}
		word := until(s, at, ends)
		if text := s[word.from:word.to]; len(text) >= leastFound && !strings.HasSuffix(text, "=") && strings.ContainsAny(text, "0123456789._-") {
			return word
		}
		return stretch{}
	case from == len(s):
		return stretch{}
	}
	before := s[max(0, name.from-maxTag):name.from]
	first := strings.TrimLeft(before[strings.LastIndexByte(before, '\n')+1:], " \t-") == ""
	if q := quoteAt(s, from); q != "" {
		if s[at] == '=' || first {
			return quoted(s, from, q)
		}
		return stretch{}
	}
	if !first {
		return stretch{}
	}
	word := until(s, from, " \t\r\n")
	if end := skipBlanks(s, word.to); end == len(s) || s[end] == '\r' || s[end] == '\n' {
		return word
	}
	return stretch{}
}

// headerName reports whether a name is that of a header field, which may stand in a
// text without quotes.
func headerName(s string) bool {
	switch strings.ToLower(s) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key":
		return true
	}
	return false
}

// jsonValue returns the value that begins at from, in JSON with quotes like quote.
func jsonValue(s string, from int, quote string) value {
	if q := quoteAt(s, from); q != "" {
		return value{stretch: quoted(s, from, q)}
	}
	if from < len(s) && (s[from] == '{' || s[from] == '[') {
		return value{stretch: stretch{from, nestedEnd(s, from)}, nested: true, quote: quote}
	}
	return value{stretch: until(s, from, ",}] \t\r\n\\\"'"), bare: true, quote: quote}
}

// nestedEnd returns where the object or list that begins at i ends.
func nestedEnd(s string, i int) int {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\\':
			if q := quoteAt(s, i); q != "" {
				i = quoted(s, i, q).to + len(q)
				continue
			}
		}
		i++
	}
	return len(s)
}

// named returns what an input element of HTML, or a part of a form, with this name
// holds.
func named(s string, name stretch, quote string) stretch {
	begin := name.from - len(quote)
	if begin < 5 || !strings.EqualFold(s[begin-5:begin], "name=") {
		return stretch{}
	}
	line := s[max(0, begin-maxTag):begin]
	line = line[strings.LastIndexByte(line, '\n')+1:]
	if strings.HasPrefix(strings.ToLower(line), "content-disposition:") {
		head := s[name.to:min(len(s), name.to+maxTag)]
		for _, end := range []string{"\r\n", "\n"} {
			if i := strings.Index(head, end+end); i >= 0 {
				from := name.to + i + 2*len(end)
				if n := strings.Index(s[from:], end+"--"); n >= 0 {
					return stretch{from, from + n}
				}
				return stretch{from, len(s)}
			}
		}
		return stretch{}
	}
	tag := s[name.to:tagEnd(s, name.to)]
	for _, attribute := range []string{"value=", "content="} {
		if i := strings.Index(tag, attribute); i >= 0 {
			from := name.to + i + len(attribute)
			if q := quoteAt(s, from); q != "" {
				return quoted(s, from, q)
			}
			return until(s, from, "<> \t\r\n")
		}
	}
	return stretch{}
}

// element returns the text of an XML element with this name.
func element(s string, name stretch) stretch {
	open := name.from
	if open > 0 && s[open-1] == ':' { // behind a prefix
		open = nameAround(s, open-1, open-1).from
	}
	if open == 0 || s[open-1] != '<' {
		return stretch{}
	}
	end := tagEnd(s, name.to)
	if end == len(s) || s[end] != '>' || s[end-1] == '/' {
		return stretch{}
	}
	const data = "<![CDATA["
	if strings.HasPrefix(s[end+1:], data) {
		from := end + 1 + len(data)
		if n := strings.Index(s[from:], "]]>"); n >= 0 {
			return stretch{from, from + n}
		}
		return stretch{from, len(s)}
	}
	return until(s, end+1, "<")
}

// maxTag is how far from a name the value may begin, so that no text takes long.
const maxTag = 512

// tagEnd returns where the tag ends, or might, that i is in.
func tagEnd(s string, i int) int { return until(s[:min(len(s), i+maxTag)], i, "<>").to }

// quoteAt returns the quote at i with the backslashes before it, which it has when it is
// in a string itself; "" when there is none.
func quoteAt(s string, i int) string {
	j := i
	for j < len(s) && s[j] == '\\' {
		j++
	}
	if j < len(s) && (s[j] == '"' || s[j] == '\'') {
		return s[i : j+1]
	}
	return ""
}

// quoted returns what is between the quote at i and the one that ends it, or the end.
func quoted(s string, i int, quote string) stretch {
	from, depth := i+len(quote), len(quote)-1
	slashes := 0
	for j := from; j < len(s); j++ {
		switch {
		case s[j] == '\\':
			slashes++
			continue
		case s[j] != quote[depth]:
		case slashes < depth: // the string around it ends
			return stretch{from, j - slashes}
		case (slashes-depth)%(2*depth+2) == 0:
			return stretch{from, j - depth}
		}
		slashes = 0
	}
	return stretch{from, len(s)}
}

// until returns what is between from and one of the bytes in ends, or the end.
func until(s string, from int, ends string) stretch {
	if n := strings.IndexAny(s[from:], ends); n >= 0 {
		return stretch{from, from + n}
	}
	return stretch{from, len(s)}
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

func skipSpace(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
		i++
	}
	return i
}

// blank blanks secrets out of s, wherever they stand. The longest come first.
func blank(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	const more = "…" // s was cut, perhaps within a secret
	rest, ok := strings.CutSuffix(s, more)
	if !ok {
		return s
	}
	for _, secret := range secrets {
		for n := min(len(secret)-1, len(rest)); n >= leastKnown; n-- {
			if strings.HasSuffix(rest, secret[:n]) {
				return rest[:len(rest)-n] + redacted + more
			}
		}
	}
	return s
}

// written returns the ways in which a secret may be written.
func written(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if data, err := json.Marshal(secret); err == nil {
		all = append(all, string(data[1:len(data)-1]), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret))
	}
	if plain, err := url.QueryUnescape(secret); err == nil {
		all = append(all, plain)
	}
	var plain string
	if json.Unmarshal([]byte(`"`+secret+`"`), &plain) == nil {
		all = append(all, plain)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known returns how the secrets that are long enough to be told from other text may be
// written.
func known(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		if len(secret) >= leastKnown {
			all = append(all, written(secret)...)
		}
	}
	return longestFirst(all)
}

// longestFirst sorts secrets so that one within another does not hide it.
func longestFirst(secrets []string) []string {
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(secrets)
}

// credentials returns the secrets in an Authorization field that basicAuth made.
func credentials(field string) []string {
	_, encoded, _ := strings.Cut(field, " ")
	plain, _ := base64.StdEncoding.DecodeString(encoded)
	_, password, _ := strings.Cut(string(plain), ":")
	return []string{encoded, password}
}
