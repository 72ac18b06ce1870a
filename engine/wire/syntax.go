package wire

import (
	"strconv"
	"strings"
)

// token marks the bytes of methods and field names, see RFC 9110, 5.6.2.
var token = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// isToken reports whether s can be a method or the name of a field.
func isToken[S string | []byte](s S) bool {
	for i := range len(s) {
		if !token[s[i]] {
			return false
		}
	}
	return len(s) > 0
}

// isTarget reports whether s can stand in a request line.
func isTarget(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return len(s) > 0 && (s[0] == '/' || s == "*")
}

// badTarget words what is wrong with a target that is none, with the way out.
func badTarget(s string) string {
	text := "target " + strconv.Quote(s)
	switch {
	case strings.ContainsAny(s, " \t"):
		return text + " has a space — write it as %20"
	case s == "" || s[0] != '/':
		return text + " does not begin with /"
	}
	return text + " has control characters — write them as %0A, for example"
}

// isValue reports whether s can be the value of a field.
func isValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// equalFold reports whether b is s, which is in lower case, in any case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range len(b) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// trim returns b without spaces and tabs around it.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// hasToken reports whether the comma-separated list b holds s, which is in
// lower case.
func hasToken(b []byte, s string) bool {
	for len(b) > 0 {
		i := 0
		for i < len(b) && b[i] != ',' {
			i++
		}
		if equalFold(trim(b[:i]), s) {
			return true
		}
		b = b[min(i+1, len(b)):]
	}
	return false
}
