package doors

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the addresses whose word is taken for who sent a request.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks.
func ParseProxies(words []string) (Proxies, error) {
	var list Proxies
	for _, w := range words {
		p, err := netip.ParsePrefix(w)
		if ip, ipErr := netip.ParseAddr(w); ipErr == nil {
			p, err = ip.Unmap().Prefix(ip.Unmap().BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no address or network — write for example 127.0.0.1 or 10.0.0.0/8", w)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

func (p Proxies) trust(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// A Peer is who sent a request.
type Peer struct {
	IP      netip.Addr // of the browser or program; the zero one if nobody knows
	Secure  bool       // it speaks TLS
	Host    string     // that it asked for
	Proxied bool       // a proxy that is trusted has passed the request on
}

// Peer returns who sent a request. Only proxies that are trusted are believed, from the
// nearest to the first one that is not.
func (p Proxies) Peer(r *http.Request) Peer {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	peer := Peer{IP: from.Addr().Unmap(), Secure: r.TLS != nil, Host: r.Host}
	if !p.trust(peer.IP) {
		return peer
	}
	peer.Proxied = true
	chain := list(r.Header["X-Forwarded-For"])
	for i := len(chain) - 1; i >= 0 && p.trust(peer.IP); i-- {
		ip, err := parseHop(chain[i])
		if err != nil {
			break
		}
		peer.IP = ip
	}
	if schemes := list(r.Header["X-Forwarded-Proto"]); len(schemes) > 0 {
		peer.Secure = strings.EqualFold(schemes[len(schemes)-1], "https")
	}
	if hosts := list(r.Header["X-Forwarded-Host"]); len(hosts) > 0 {
		peer.Host = hosts[len(hosts)-1]
	}
	return peer
}

// parseHop reads an address in a header, which may have a port.
func parseHop(text string) (netip.Addr, error) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap(), nil
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return ip.Unmap(), err
}

// list returns what is in a header that may be there several times.
func list(fields []string) []string {
	var words []string
	for _, f := range fields {
		for w := range strings.SplitSeq(f, ",") {
			if w = strings.TrimSpace(w); w != "" {
				words = append(words, w)
			}
		}
	}
	return words
}
