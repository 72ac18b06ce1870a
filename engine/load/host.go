package load

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Base is where a user's paths are sent: a parsed host.
type Base struct {
	Origin string // scheme://host:port
	Prefix string // path put before every path, without a trailing slash
	Auth   string // Authorization field made from user:password@, or ""
}

// ParseHost reads a host as an operator writes it: http://127.0.0.1:8020, with an
// optional path to put before every path. An empty host gives the zero Base. The
// error says what to write instead.
func ParseHost(host string) (Base, error) {
	host = strings.TrimSpace(host)
	if host == "" {
		return Base{}, nil
	}
	scheme, rest, found := strings.Cut(host, ":")
	if lower := strings.ToLower(scheme); found && (lower == "http" || lower == "https") {
		if !strings.HasPrefix(rest, "//") {
			return Base{}, fmt.Errorf("%q has no // after %s: — write %s://%s", host, scheme, lower, strings.TrimLeft(rest, "/"))
		}
	} else if found && strings.HasPrefix(rest, "//") {
		return Base{}, fmt.Errorf("%q: scheme %s is not supported — write http://%s or https://%s", host, scheme, rest[2:], rest[2:])
	} else {
		return Base{}, fmt.Errorf("%q has no scheme — write http://%s", host, strings.TrimLeft(host, "/"))
	}
	u, err := url.Parse(host)
	if err != nil {
		return Base{}, fmt.Errorf("%q is not a host — write for example http://127.0.0.1:8020", host)
	}
	if u.Hostname() == "" {
		return Base{}, fmt.Errorf("%q names no machine — write for example %s://127.0.0.1:8020", host, u.Scheme)
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
		return Base{}, fmt.Errorf("%q: there is no port %s — write one from 1 to 65535", host, u.Port())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return Base{}, fmt.Errorf("%q has a query or fragment, which a host cannot have — write %s://%s%s", host, u.Scheme, u.Host, u.Path)
	}
	b := Base{Origin: u.Scheme + "://" + u.Host, Prefix: strings.TrimRight(u.EscapedPath(), "/")}
	if u.User != nil {
		password, _ := u.User.Password()
		b.Auth = basicAuth(u.User.Username(), password)
	}
	return b, nil
}

// split returns the origin and target of a URL or path as a task writes it,
// without its fragment, which is nobody's business but the reader's.
func (b Base) split(path string) (origin, target string, err error) {
	path, _, _ = strings.Cut(path, "#")
	if i := strings.Index(path, "://"); i > 0 && !strings.ContainsAny(path[:i], "/?") {
		scheme := strings.ToLower(path[:i])
		if scheme != "http" && scheme != "https" {
			return "", "", fmt.Errorf("scheme of %q is not supported: want http or https", path)
		}
		rest := path[i+3:]
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			return path, "/", nil
		}
		origin, target = path[:i+3+end], rest[end:]
		if target[0] != '/' {
			target = "/" + target
		}
		return origin, target, nil
	}
	if b.Origin == "" {
		return "", "", fmt.Errorf("no host for path %q: set the scenario's Host, or give one at the start of the run", path)
	}
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	if b.Prefix != "" {
		path = b.Prefix + path
	}
	return b.Origin, path, nil
}

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
