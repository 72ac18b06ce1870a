package traffic

import (
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

var (
	outForm = regexp.MustCompile(`(?i)/(log|sign)[-_]?(out|off)\b`)
	newForm = regexp.MustCompile(`(?i)/(register|registration|sign[-_]?up)/?$`)
	whoForm = regexp.MustCompile(`(?i)^(e?-?mail|email_?address|user_?name|login|nick(name)?|handle)$`)
)

func signsOut(e *exchange) bool { return outForm.MatchString(e.url.Path) }

// signsIn reports whether a request carries a password that was accepted.
func signsIn(e *exchange) bool {
	if e.method != http.MethodPost || newForm.MatchString(e.url.Path) {
		return false
	}
	if a := e.last(); a != nil && a.status >= 400 {
		return false
	}
	for _, name := range bodyNames(e) {
		if typed(name) && strings.Contains(strings.Join(words(name), ""), "pass") {
			return true
		}
	}
	return false
}

// bodyNames returns the names at the top of a form or a JSON body.
func bodyNames(e *exchange) (names []string) {
	mediaType, _, _ := mime.ParseMediaType(field(e.header, "Content-Type"))
	if strings.HasSuffix(mediaType, "form-urlencoded") {
		for _, p := range splitPairs(string(e.body)) {
			names = append(names, p.name)
		}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(e.body, &object) == nil {
		for name := range object {
			names = append(names, name)
		}
	}
	for _, p := range e.parts {
		names = append(names, p.name)
	}
	return names
}
