package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/server/doors"
)

// policy is what the page may do: load what this server serves, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// maxBody bounds what a request may send.
const maxBody = 1 << 20

// guard stands before every route.
//
// It answers only to host names that an attacker cannot make resolve to this
// machine: otherwise a page could read us from a name of its own (DNS rebinding).
// It refuses unsafe methods from other sites, and tells browsers to load nothing
// foreign, to let nobody frame us, and to keep nothing. What a proxy that is trusted
// says of a request counts from here on.
func guard(next http.Handler, hosts []string, proxies doors.Proxies) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer := proxies.Peer(r)
		r = r.WithContext(context.WithValue(r.Context(), peerKey{}, peer))
		called := r.Host
		r.Host = peer.Host
		h := w.Header()
		if r.TLS != nil && !isLocalhost(r.Host) {
			h.Set("Strict-Transport-Security", "max-age=86400")
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		// By both names, if a proxy says another: a rebound page on the proxy's machine could
		// say anything, but for the name it calls us by.
		if !answersTo(called, hosts) || !answersTo(r.Host, hosts) {
			http.Error(w, "this server answers only to localhost and its own address, and to the names of --allowed-host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answersTo reports whether a Host field names this server. Ports do not matter: a
// tunnel may change them, and no name resolution can.
func answersTo(host string, allowed []string) bool {
	name := hostName(host)
	if name == "localhost" || slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.IsLoopback() || slices.Contains(allowed, "*"))
}

// ParseHostName returns what a Host field would have of text, and what is wrong with text
// if it is more than that, or none: no request could match it.
func ParseHostName(text string) (string, error) {
	bare := text
	if _, after, ok := strings.Cut(text, "://"); ok {
		bare = after
	}
	bare, _, _ = strings.Cut(bare, "/")
	bare = hostName(bare)
	switch {
	case strings.Contains(text, "/"):
		return bare, errors.New("is an address, not the name in it")
	case !strings.EqualFold(strings.TrimSuffix(text, "."), bare) && strings.Contains(text, ":"):
		return bare, errors.New("has more than a name, and ports do not matter")
	case bare != "*" && strings.Contains(bare, "*"):
		return "", errors.New("has a * within, which stands for nothing here")
	}
	return bare, nil
}

// hostName is what a Host field names, without a port.
func hostName(host string) string {
	if h, port, err := net.SplitHostPort(host); err == nil && strings.Trim(port, "0123456789") == "" {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}

// isLocalhost reports whether a host is this machine by the name that all programs on it
// share: to have browsers ask for TLS there would break the others.
func isLocalhost(host string) bool {
	name := hostName(host)
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

type peerKey struct{}

// peerOf returns who sent a request.
func peerOf(r *http.Request) doors.Peer {
	peer, _ := r.Context().Value(peerKey{}).(doors.Peer)
	return peer
}

// sameOrigin reports whether a websocket comes from our own page, or from no page
// at all: programs send no Origin, browsers always do, and only they have cookies.
func sameOrigin(r *http.Request) bool {
	origins, present := r.Header["Origin"]
	if !present {
		return r.Header.Get("Sec-Fetch-Site") == "" && !visitorOf(r).byCookie()
	}
	scheme := "http"
	if peerOf(r).Secure {
		scheme = "https"
	}
	return len(origins) == 1 && strings.EqualFold(origins[0], scheme+"://"+r.Host)
}

// scriptsOnly lets programs use a route that changes something by GET, as scripts
// written for Locust do, and refuses browsers: any link or image could be one. Whoever
// may only look may not. Where there are logins only a token will do, for everything else
// comes from browsers by itself.
func scriptsOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch v := visitorOf(r); {
		case v.Way != "" && v.Way != doors.ByToken, fromBrowser(r):
			w.Header().Set("Allow", http.MethodPost)
			writeProblem(w, r, http.StatusMethodNotAllowed, "use POST: a browser may not change anything by GET, and who has logged in needs a token for that")
		case !v.Role.May(doors.Operate):
			forbid(w, r)
		default:
			next(w, r)
		}
	}
}

// fromBrowser reports whether a request is from a browser, as far as those tell. A page
// can keep them from sending Origin and Referer, and Sec-Fetch-Site goes only to where
// nobody listens in; so what else they send, and scripts hardly do, counts as well.
func fromBrowser(r *http.Request) bool {
	for _, field := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Accept-Language", "Cookie"} {
		if len(r.Header[field]) > 0 {
			return true
		}
	}
	return strings.Contains(r.UserAgent(), "Mozilla/")
}

// bodyLimit bounds what handlers read.
func bodyLimit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
