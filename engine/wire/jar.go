package wire

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// A jar holds the cookies of one user. It costs nothing until the first.
type jar struct {
	cookies *cookiejar.Jar
}

// set keeps the cookies in the values of Set-Cookie fields of an answer.
func (j *jar) set(o *origin, target string, values []string) {
	var cookies []*http.Cookie
	for _, v := range values {
		if c, err := http.ParseSetCookie(v); err == nil {
			cookies = append(cookies, c)
		}
	}
	if len(cookies) == 0 {
		return
	}
	if j.cookies == nil {
		j.cookies, _ = cookiejar.New(nil) // never fails
	}
	j.cookies.SetCookies(o.url(target), cookies)
}

// field returns the value of the Cookie field for a request, or "".
func (j *jar) field(o *origin, target string) string {
	if j.cookies == nil {
		return ""
	}
	cookies := j.cookies.Cookies(o.url(target))
	switch len(cookies) {
	case 0:
		return ""
	case 1:
		return cookies[0].Name + "=" + cookies[0].Value
	}
	var b strings.Builder
	for i, c := range cookies {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.Name + "=" + c.Value)
	}
	return b.String()
}
