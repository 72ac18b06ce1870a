package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/server/doors"
	"github.com/gregaria/gregaria/static"
	"github.com/gregaria/gregaria/web"
)

// maxLogin bounds what a login may send.
const maxLogin = 4 << 10

// A Login is who may come in, and how. Without a Keeper everybody may do everything.
type Login struct {
	Keeper  *doors.Keeper
	Form    bool   // there is a page to log in at
	Header  string // by which proxies that are trusted say whom they have let in; "" for none
	Proxies doors.Proxies
}

// openPath reports whether anybody may see a path: what orchestrators and browsers need before
// anybody has logged in, and the login itself.
func openPath(path string) bool {
	return path == "/login" || path == "/logout" || path == "/favicon.ico" || path == healthzPath || path == readyzPath ||
		strings.HasPrefix(path, "/static/")
}

// harmless reports whether a request changes nothing, so that who looks may send it.
func harmless(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return r.URL.Path == "/check"
}

// A visitor is who a request is from.
type visitor struct {
	doors.Visitor
	cookie string // that they came with; "" for none
	begins *limit // how often they may begin and change runs; nil for as often as they like
}

func (v visitor) byCookie() bool { return v.cookie != "" }

type visitorKey struct{}

// local is whoever comes where nobody needs to log in.
var local = visitor{Visitor: doors.Visitor{Name: "local", Role: doors.Operate}}

// visitorOf returns who a request is from. Who did not pass the door is nobody.
func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// door lets in who may come in, as far as they may. It stands before all routes, so that
// one which nobody thought of is closed.
func (s *Server) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.identify(r)
		r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
		switch {
		case openPath(r.URL.Path):
		case !ok:
			s.turnAway(w, r)
			return
		case !harmless(r) && !v.Role.May(doors.Operate):
			if s.failures.Allow() {
				s.record(r, deed{event: "refused", outcome: r.Method + " " + r.URL.Path})
			}
			forbid(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// identify returns who a request is from, if that is somebody who may come in.
func (s *Server) identify(r *http.Request) (visitor, bool) {
	k := s.login.Keeper
	if k == nil {
		return local, true
	}
	v, ok := visitor{}, false
	if token, given := bearer(r); given {
		if v.Visitor, ok = k.Token(token); !ok {
			s.failed(r, deed{way: "token"})
			return visitor{}, false
		}
	} else if names := r.Header.Values(s.login.Header); s.login.Header != "" && peerOf(r).Proxied && len(names) > 0 {
		if v.Visitor, ok = k.Proxy(names[0]); !ok || len(names) > 1 {
			s.failed(r, deed{way: "proxy", who: named(names[0])})
			return visitor{}, false
		}
	} else if c, err := r.Cookie(s.cookieName(r)); err == nil {
		if v.Visitor, ok = k.Cookie(c.Value); !ok {
			return visitor{}, false
		}
		v.cookie = c.Value
	}
	if ok {
		v.begins = s.begins.of(string(v.Way) + " " + v.Name)
	}
	return v, ok
}

// bearer returns the token that a request has. What else may be in its place, such as the
// password for a proxy before us, is none.
func bearer(r *http.Request) (token string, given bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// turnAway answers who has not logged in: people are led to where they can.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request) {
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	if get && wantsPage(r) && s.login.Form {
		to := "login"
		if next := r.URL.RequestURI(); next != "/" {
			to += "?next=" + url.QueryEscape(next)
		}
		redirect(w, r, to, http.StatusSeeOther)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="gregaria"`)
	writeProblem(w, r, http.StatusUnauthorized, "log in first, or send a token: Authorization: Bearer …")
}

// forbid answers who may look, but not do this.
func forbid(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, http.StatusForbidden, web.LookOnly)
}

// loginPage is where people log in. Following a link that works once shows a button
// first: GET changes nothing, and what fetches links before people do uses none up.
func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	next := nextPath(r.URL.Query().Get("next"))
	v := visitorOf(r)
	switch link := r.URL.Query().Get("token"); {
	case v.Name != "" && link == "":
		redirect(w, r, next, http.StatusSeeOther)
	case !s.login.Form:
		s.notFound(w, r)
	default:
		form := s.loginForm(next, link)
		form.Again = link == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site"
		s.writeHTML(r.Context(), w, http.StatusOK, web.LoginPage(form))
	}
}

func (s *Server) loginForm(next, link string) web.Login {
	return web.Login{Root: "./", Asset: static.Path, Next: "/" + next, Link: link, Passwords: s.login.Keeper.HasUsers()}
}

// logIn begins a session.
func (s *Server) logIn(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.login.Keeper == nil:
		done(w, r, "Nobody needs to log in here")
		return
	case !s.login.Form:
		s.notFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
	form, err := readForm(r)
	if err != nil {
		writeProblem(w, r, statusOf(err), err.Error())
		return
	}
	next, link := nextPath(form.Get("next")), form.Get("token")
	var id string
	var v doors.Visitor
	if link != "" {
		id, v, err = s.login.Keeper.FollowLink(r.Context(), peerOf(r).IP, link)
	} else {
		id, v, err = s.login.Keeper.LogIn(r.Context(), peerOf(r).IP, form.Get("username"), form.Get("password"))
	}
	if err != nil {
		s.refuseLogin(w, r, form, err)
		return
	}
	if old := visitorOf(r); old.byCookie() {
		s.login.Keeper.LogOut(old.cookie) // a session is never taken over
	}
	http.SetCookie(w, s.cookie(r, id, int(doors.SessionLasts.Seconds())))
	s.record(r, deed{event: "login", who: v.Name, way: string(v.Way)})
	if wantsPage(r) {
		redirect(w, r, next, http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true, "name": v.Name, "role": v.Role})
}

// refuseLogin answers a login that failed, each in the same words.
func (s *Server) refuseLogin(w http.ResponseWriter, r *http.Request, form url.Values, err error) {
	link, status, message := form.Get("token"), http.StatusUnauthorized, "The name or the password is wrong."
	var tooMany *doors.TooMany
	switch {
	case errors.As(err, &tooMany):
		status, message = http.StatusTooManyRequests, "Too many attempts. Try again in "+strconv.Itoa(tooMany.Seconds())+" s."
		w.Header().Set("Retry-After", strconv.Itoa(tooMany.Seconds()))
	case !errors.Is(err, doors.ErrWrong):
		status, message = http.StatusServiceUnavailable, "That did not work. Try again."
	case link != "":
		message = "This link has been used, or is wrong. The program has printed the one that works."
	}
	switch name := form.Get("username"); {
	case link != "":
		s.failed(r, deed{way: "link"})
	case s.login.Keeper.Knows(name):
		s.failed(r, deed{way: "password", who: name})
	default: // somebody may have typed a password in place of the name
		s.failed(r, deed{way: "password", outcome: "no user has the name that was given"})
	}
	if !wantsPage(r) {
		writeJSON(w, status, map[string]any{"success": false, "message": message})
		return
	}
	page := s.loginForm(nextPath(form.Get("next")), "")
	page.Problem, page.Name = message, form.Get("username")
	s.writeHTML(r.Context(), w, status, web.LoginPage(page))
}

// logOut ends the session, and with it its open pages.
func (s *Server) logOut(w http.ResponseWriter, r *http.Request) {
	if v := visitorOf(r); v.byCookie() {
		s.login.Keeper.LogOut(v.cookie)
		s.record(r, deed{event: "logout"})
		http.SetCookie(w, s.cookie(r, "", -1))
	}
	if wantsPage(r) {
		redirect(w, r, "login", http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true, "message": "Logged out"})
}

// nextPath is where to go after a login, from the root of the site: never elsewhere,
// whoever asks.
func nextPath(next string) string {
	path, ok := strings.CutPrefix(next, "/")
	if _, err := url.Parse("./" + path); !ok || err != nil || strings.HasPrefix(path, "login") || strings.ContainsAny(path, `\`) ||
		strings.HasPrefix(path, "/") || strings.Contains(path, "..") {
		return ""
	}
	return path
}

// cookieName has the port in it: browsers send cookies to every port of a host.
func (s *Server) cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "0"
	}
	name := "gregaria-" + port
	switch secure := peerOf(r).Secure; {
	case secure && s.base == "":
		return "__Host-" + name // which no other host or path can set
	case secure:
		return "__Secure-" + name
	}
	return name
}

// cookie is a session's. Scripts cannot read it, and no other site can have it sent.
func (s *Server) cookie(r *http.Request, id string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(r), Value: id, Path: s.base + "/", MaxAge: seconds,
		HttpOnly: true, Secure: peerOf(r).Secure, SameSite: http.SameSiteStrictMode,
	}
}

// reader is what the page says of who reads it.
func (s *Server) reader(r *http.Request) web.Reader {
	v := visitorOf(r)
	reader := web.Reader{LookOnly: !v.Role.May(doors.Operate), LogOut: v.byCookie()}
	if s.login.Keeper != nil {
		reader.Name = v.Name
	}
	return reader
}

// named returns a name as a proxy that is trusted has it, "" when it can be none.
func named(name string) string {
	if doors.CheckName(name) != nil {
		return ""
	}
	return name
}

// failed notes that somebody could not come in; of many at once only some, or they could
// fill the log.
func (s *Server) failed(r *http.Request, d deed) {
	if !s.failures.Allow() {
		return
	}
	d.event = "login failed"
	s.record(r, d)
}
