package wire

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gregaria/gregaria/engine/load"
)

// An origin is where a connection goes. Users share it.
type origin struct {
	text   string // as requests name it; "" when a redirect did
	scheme string // "http" or "https"
	host   string // as in the Host field: without a default port
	name   string // the host alone, lower case, without port and brackets
	addr   string // to dial: always with a port

	tls atomic.Pointer[tls.Config] // for connections of the fast transport; nil until the first
}

// same reports whether o and p are one place.
func (o *origin) same(p *origin) bool {
	return o == p || o.addr == p.addr && o.scheme == p.scheme
}

// parseOrigin returns the origin that s, "scheme://authority", names.
func parseOrigin(s string) (*origin, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fail(load.UnusableRequest, err.Error(), err)
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, fail(load.UnusableRequest, "want scheme://host:port", nil)
	}
	o, err := originOf(u)
	if err != nil {
		return nil, err
	}
	o.text = s
	return o, nil
}

// originOf returns the origin of u.
func originOf(u *url.URL) (*origin, error) {
	o := &origin{scheme: strings.ToLower(u.Scheme), name: strings.ToLower(u.Hostname())}
	port := u.Port()
	standard := map[string]string{"http": "80", "https": "443"}[o.scheme]
	switch {
	case standard == "":
		return nil, fail(load.UnusableRequest, "scheme "+strconv.Quote(o.scheme)+" is not http or https", nil)
	case o.name == "" || strings.ContainsFunc(o.name, notHost):
		return nil, fail(load.UnusableRequest, "host "+strconv.Quote(o.name)+" is not usable", nil)
	}
	if port == "" {
		port = standard
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, fail(load.UnusableRequest, "port "+strconv.Quote(port)+" is not usable", nil)
	}
	o.addr = net.JoinHostPort(o.name, port)
	o.host = o.addr
	if port == standard {
		o.host = strings.TrimSuffix(o.addr, ":"+port)
	}
	if name, _, ok := strings.Cut(o.host, "%"); ok && strings.HasPrefix(o.host, "[") {
		// A zone names an interface of this machine: nothing the target should see.
		o.host = name + "]" + strings.TrimPrefix(o.host[strings.IndexByte(o.host, ']'):], "]")
	}
	return o, nil
}

// notHost reports whether c cannot be part of a host name that is dialled.
// Names outside ASCII must arrive as punycode.
func notHost(c rune) bool {
	return c <= ' ' || c >= 0x7f || strings.ContainsRune(`/\@#?"<>^{}|`, c)
}

// url returns the address of target at o, for the cookie jar.
func (o *origin) url(target string) *url.URL {
	path, _, _ := strings.Cut(target, "?")
	return &url.URL{Scheme: o.scheme, Host: o.host, Path: path}
}
