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

var jwtForm = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+`)

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

// secretValue reports whether a value is a secret whatever its name.
func secretValue(value string) bool { return jwtForm.MatchString(value) }

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
	case "id", "ids", "uuid", "guid", "key", "slug", "code", "number", "no", "ref", "reference", "handle", "href", "location", "cursor", "etag", "version":
		return true
	}
	return strings.HasSuffix(name, "id") && len(all) == 1
}
