package traffic

import (
	"regexp"
	"slices"
	"strings"
)

// secretWords are words, or two together, that the names of secrets have in them.
var secretWords = []string{
	"password", "passwd", "passphrase", "pwd", "pass", "secret", "token", "apikey", "credential", "credentials", "signature",
	"authorization", "auth", "session", "sessionid", "sid", "jwt", "otp", "pin", "csrf", "xsrf", "bearer", "cvv", "cvc", "ssn", "cookie", "nonce",
}

// secretName reports whether a name is that of a secret.
func secretName(name string) bool {
	all := words(name)
	for i, w := range all {
		if slices.Contains(secretWords, w) {
			return true
		}
		if w == "key" && i > 0 && slices.Contains([]string{"api", "access", "private", "secret", "subscription", "functions", "auth"}, all[i-1]) {
			return true
		}
	}
	squeezed := strings.Join(all, "")
	return strings.Contains(squeezed, "password") || strings.Contains(squeezed, "apikey") ||
		strings.Contains(squeezed, "secret") || strings.HasSuffix(squeezed, "token")
}

const tokens = `eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*|[spr]k_(?:live|test)_[A-Za-z0-9]{8,}|gh[pousr]_[A-Za-z0-9]{20,}|` +
	`github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|A[KS]IA[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w.-]{10,}|SG\.[\w-]{10,}\.[\w-]{10,}`

var (
	tokenForm  = regexp.MustCompile(`\b(?:` + tokens + `)`)
	aTokenForm = regexp.MustCompile(`^(?:` + tokens + `)$`)
	schemeForm = regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([A-Za-z0-9+/_.~=-]{8,})`)
	madeForm   = regexp.MustCompile(`[A-Za-z0-9+_=.~-]{24,}`)
	aMadeForm  = regexp.MustCompile(`^[A-Za-z0-9+_=.~-][A-Za-z0-9+/_=.~-]{23,}$`)
	quotedForm = regexp.MustCompile(`(?i)([a-z0-9_.-]*` + secretParts + `[a-z0-9_.-]*)(?:\\*["'])?\s*[:=]\s*\\*["']([^"'\\]{1,500})`)
	queryForm  = regexp.MustCompile(`(?i)[?&#]([a-z0-9_.-]*` + secretParts + `[a-z0-9_.-]*)=([^\s"'<>&#;]+)`)
	bareForm   = regexp.MustCompile(`(?i)(?:^|[^$a-z0-9_.-])([a-z0-9_.-]*` + secretParts + `[a-z0-9_.-]*)\s*[:=>]\s*([^\s"'<>&;,{}()[\]$\\]{4,500})`)
)

// secretStems are in all that secretParts matches: searching for them is quick.
var secretStems = []string{"pass", "pwd", "secret", "token", "api", "credential", "authorization", "session", "signature"}

const secretParts = `(?:password|passwd|passcode|passphrase|pwd|secret|token|api[_-]?key|credential|authorization|session[_-]?id|signature)`

// secretValue reports whether a value is a secret whatever its name, by its form.
func secretValue(value string) bool { return aTokenForm.MatchString(value) || machineMade(value) }

// machineMade reports whether a text is long, and small and capital letters and digits
// take turns in it as they do by chance. Names, ids and sums in hexadecimal do not.
func machineMade(text string) bool {
	if len(text) < 24 || len(text) > 512 || uuidForm.MatchString(text) || hashForm.MatchString(text) || !aMadeForm.MatchString(text) {
		return false
	}
	turns, digits, before := 0, 0, 0
	for _, r := range text {
		now := 0
		switch {
		case r >= '0' && r <= '9':
			now = 1
			digits++
		case r >= 'a' && r <= 'z':
			now = 2
		case r >= 'A' && r <= 'Z':
			now = 3
		default:
			continue
		}
		if before != 0 && now != before {
			turns++
		}
		before = now
	}
	return digits >= 3 && turns*3 >= len(text)
}

// A span is where a text has a secret.
type span struct {
	from, to int
	name     string // "" when it has none
}

// hidden returns where a text of no known form has what looks like secrets. Loosely
// means that names and values need no quotes.
func hidden(text string, loosely bool) (all []span) {
	add := func(from, to int, name string) {
		switch strings.ToLower(text[from:to]) {
		case "", "null", "true", "false", "none", "undefined", "bearer", "basic":
			return
		}
		const most = 50 // of one text; nobody would set more
		if len(all) < most && !slices.ContainsFunc(all, func(s span) bool { return from < s.to && s.from < to }) {
			all = append(all, span{from, to, name})
		}
	}
	for _, m := range tokenForm.FindAllStringIndex(text, -1) {
		add(m[0], m[1], "")
	}
	for _, m := range schemeForm.FindAllStringSubmatchIndex(text, -1) {
		if digit.MatchString(text[m[2]:m[3]]) { // no word of a sentence
			add(m[2], m[3], "")
		}
	}
	if lower := strings.ToLower(text); slices.ContainsFunc(secretStems, func(stem string) bool { return strings.Contains(lower, stem) }) {
		pairs := []*regexp.Regexp{quotedForm, queryForm}
		if loosely {
			pairs = append(pairs, bareForm)
		}
		for _, form := range pairs {
			for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
				add(m[4], m[5], text[m[2]:m[3]])
			}
		}
	}
	for _, m := range madeForm.FindAllStringIndex(text, -1) {
		if machineMade(text[m[0]:m[1]]) {
			add(m[0], m[1], "")
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	return all
}

// mask returns a text with something else in place of what looks like secrets.
func mask(text, instead string) string {
	var b strings.Builder
	at := 0
	for _, s := range hidden(text, false) {
		b.WriteString(text[at:s.from] + instead)
		at = s.to
	}
	return b.String() + text[at:]
}

// typed reports whether a secret is one that people know by heart, and so never one
// of an earlier answer.
func typed(name string) bool {
	all := words(name)
	squeezed := strings.Join(all, "")
	for _, part := range []string{"password", "passwd", "passcode", "passphrase", "pwd"} {
		if strings.Contains(squeezed, part) {
			return true
		}
	}
	return strings.HasSuffix(squeezed, "pass") || slices.Contains(all, "pin")
}

// idName reports whether a name is that of something which tells one thing from others.
func idName(name string) bool {
	all := words(name)
	if len(all) == 0 {
		return false
	}
	switch all[len(all)-1] {
	case "id", "ids", "uuid", "guid", "key", "slug", "code", "number", "no", "ref", "reference", "handle", "href", "location", "cursor", "etag", "version",
		"sku", "isbn", "ean", "gtin", "upc", "asin", "barcode", "serial", "nr":
		return true
	}
	return strings.HasSuffix(name, "id") && len(all) == 1
}

// nextName reports whether a name is that of where a list goes on.
func nextName(name string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool {
		return slices.Contains([]string{"next", "previous", "prev", "cursor", "continuation", "marker", "after", "before", "bookmark"}, w)
	})
}
