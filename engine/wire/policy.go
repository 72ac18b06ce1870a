package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine/load"
)

// A Policy says what users may connect to. The zero Policy allows everything but the
// addresses that hand a machine its secrets, see guarded. It is a value: nobody
// changes one.
type Policy struct{ rules []rule }

// A rule allows some of what there is.
type rule struct {
	text   string
	name   string       // the host asked for: "shop.test", ".example.com" for all below it, "*" for any; "" means prefix
	prefix netip.Prefix // of the address dialled
	port   uint16       // 0 means any
}

// ParsePolicy returns the policy that allows only what texts name: hosts, addresses,
// networks, each with or without a port, names below a domain: shop.test, 10.0.0.7,
// 10.0.0.0/8:8080, [fd00::1]:443, *.example.com; and * for everything. Without texts it
// is the zero Policy.
func ParsePolicy(texts []string) (Policy, error) {
	var p Policy
	var errs []error
	for _, text := range texts {
		r, err := parseRule(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.rules = append(p.rules, r)
	}
	return p, errors.Join(errs...)
}

func parseRule(text string) (rule, error) {
	r := rule{text: strings.ToLower(strings.TrimSpace(text))}
	no := func(why string) (rule, error) {
		return rule{}, fmt.Errorf("%q %s — write for example shop.test, shop.test:8080, *.example.com, 10.0.0.7, 10.0.0.0/8 or [fd00::1]:443", text, why)
	}
	if _, rest, found := strings.Cut(r.text, "://"); found {
		return no("is a URL: leave out what comes before " + strings.TrimRight(rest, "/"))
	}
	host, port := r.text, ""
	if at := strings.LastIndexByte(host, ':'); at >= 0 && (strings.Count(host, ":") == 1 || at > 0 && host[at-1] == ']') {
		host, port = host[:at], host[at+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return no("has no port from 1 to 65535 behind its colon")
		}
		r.port = uint16(n)
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = plainAddr(addr)
		r.prefix = netip.PrefixFrom(addr, addr.BitLen())
		return r, nil
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		if prefix.Addr().Is4In6() {
			return no("is an IPv4 network in IPv6's clothes: write it as IPv4")
		}
		r.prefix = prefix.Masked()
		return r, nil
	}
	if r.name = host; r.name == "*" {
		return r, nil
	} else if r.name = strings.TrimSuffix(r.name, "."); strings.HasPrefix(r.name, "*.") {
		r.name = r.name[1:]
	}
	if strings.Trim(r.name, "*.") == "" || strings.ContainsFunc(r.name, notHost) || strings.ContainsAny(r.name, "*:%[]") || numeric(r.name) {
		return no("names no target")
	}
	return r, nil
}

// String returns what the policy allows, as it was written.
func (p Policy) String() string {
	var texts []string
	for _, r := range p.rules {
		texts = append(texts, r.text)
	}
	return strings.Join(texts, ", ")
}

// Check returns why no request can go to origin, "scheme://host:port", as far as that
// can be told without looking up its name.
func (p Policy) Check(origin string) error {
	o, err := parseOrigin(origin)
	if err != nil {
		return nil // which is said elsewhere
	}
	name, port := o.target()
	if addr, err := netip.ParseAddr(name); err == nil {
		return p.refusal(name, addr, port)
	}
	byAddress := func(r rule) bool { return r.name == "" && r.allowsPort(port) }
	if !guardedNames[name] && slices.ContainsFunc(p.rules, byAddress) {
		return nil // it depends on the address
	}
	return p.refusalUnseen(name, port)
}

// target returns the host and the port that connections to o go to.
func (o *origin) target() (name string, port uint16) {
	_, text, _ := net.SplitHostPort(o.addr)
	n, _ := strconv.ParseUint(text, 10, 16) // checked by originOf
	return strings.TrimSuffix(o.name, "."), uint16(n)
}

// refusal returns why a connection to an address, which is dialled because users asked
// for a host of that name, must not be made.
func (p Policy) refusal(name string, addr netip.Addr, port uint16) error {
	addr = plainAddr(addr)
	where := net.JoinHostPort(addr.String(), strconv.Itoa(int(port)))
	if name = hostName(name); name != addr.String() {
		if literal, err := netip.ParseAddr(name); err != nil || plainAddr(literal) != addr {
			where += ", which is " + name + ","
		}
	}
	if guarded(addr) {
		listed := func(r rule) bool {
			return r.allowsPort(port) && (r.name == "" && r.prefix.IsSingleIP() && r.prefix.Addr() == addr || r.name == name && guardedNames[name])
		}
		if slices.ContainsFunc(p.rules, listed) {
			return nil
		}
		return forbidden(where+" is where machines of a cloud get their secrets, or link-local", addr.String())
	}
	allows := func(r rule) bool {
		return r.allowsPort(port) && (r.name == "" && r.prefix.Contains(addr) || r.allowsName(name))
	}
	if len(p.rules) == 0 && !guardedNames[name] || slices.ContainsFunc(p.rules, allows) {
		return nil
	}
	if len(p.rules) == 0 {
		return forbidden(where+" is where machines of a cloud get their secrets", name)
	}
	return forbidden(where+" is not among the targets allowed", addr.String())
}

// refusalUnseen returns why a request must not go to a host that somebody else looks
// up.
func (p Policy) refusalUnseen(name string, port uint16) error {
	name = hostName(name)
	if addr, err := netip.ParseAddr(name); err == nil {
		return p.refusal(name, addr, port)
	}
	where := net.JoinHostPort(name, strconv.Itoa(int(port)))
	allows := func(r rule) bool { return r.allowsPort(port) && r.allowsName(name) }
	switch {
	case numeric(name): // many read it as an address: 2852039166 is 169.254.169.254
		return forbidden(where+" is an address in disguise", "")
	case guardedNames[name]:
		if slices.ContainsFunc(p.rules, func(r rule) bool { return r.allowsPort(port) && r.name == name }) {
			return nil
		}
		return forbidden(where+" is where machines of a cloud get their secrets", name)
	case len(p.rules) == 0 || slices.ContainsFunc(p.rules, allows):
		return nil
	}
	return forbidden(where+" is not among the targets allowed", name)
}

// forbidden returns the error of a request that the policy forbids; by is what would
// allow it.
func forbidden(text, by string) error {
	if by != "" {
		text += " (--allow-target " + by + " allows it)"
	}
	return fail(load.Forbidden, text, nil)
}

func (r rule) allowsPort(port uint16) bool { return r.port == 0 || r.port == port }

func (r rule) allowsName(name string) bool {
	switch {
	case r.name == "*":
		return true
	case strings.HasPrefix(r.name, "."):
		return strings.HasSuffix(name, r.name)
	}
	return r.name != "" && r.name == name
}

// hostName returns a host as rules name it.
func hostName(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// numeric reports whether the last label of a name is a number: then it is no name, but
// an address as some programs write it.
func numeric(name string) bool {
	label := name[strings.LastIndexByte(name, '.')+1:]
	_, err := strconv.ParseUint(label, 0, 64)
	digits := label != "" && strings.Trim(label, "0123456789") == ""
	return err == nil || digits
}

// plainAddr returns an address as rules have it: without a zone, and IPv4 as IPv4. The
// unspecified address is this machine.
func plainAddr(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.IsUnspecified() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return a
}

// guardedNames are names of metadata services.
var guardedNames = map[string]bool{
	"metadata.google.internal": true, "metadata.goog": true, // Google
	"instance-data": true, "instance-data.ec2.internal": true, // Amazon
	"metadata.azure.internal": true, "metadata.tencentyun.com": true, "metadata.platformequinix.com": true,
}

// guardedNets are the addresses that are refused unless they are listed one by one:
// metadata services, where whoever asks gets the machine's credentials, and link-local
// ones, where most of those are.
var guardedNets = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),         // link-local: Amazon, Google, Azure, Oracle and many more
	netip.MustParsePrefix("fe80::/10"),              // link-local
	netip.MustParsePrefix("fd00:ec2::254/128"),      // Amazon
	netip.MustParsePrefix("fd00:ec2::23/128"),       // Amazon, for pods
	netip.MustParsePrefix("fd20:ce::254/128"),       // Google
	netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), // Oracle
	netip.MustParsePrefix("fd00:42::42/128"),        // Scaleway
	netip.MustParsePrefix("100.100.100.200/32"),     // Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),       // Azure, for its agents
	netip.MustParsePrefix("192.0.0.192/32"),         // Oracle, classic
}

// guarded reports whether a is one of guardedNets, or an IPv6 address that a gateway
// turns into one.
func guarded(a netip.Addr) bool {
	within := func(a netip.Addr) bool {
		return slices.ContainsFunc(guardedNets, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if within(a) {
		return true
	}
	inner, ok := embedded(a)
	return ok && within(inner)
}

// embedded returns the IPv4 address that an IPv6 address carries: by NAT64, 6to4 or the
// old way.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return a, false
	}
	b := a.As16()
	at := 12
	switch {
	case nat64.Contains(a), localNAT64.Contains(a), translated.Contains(a), compatible.Contains(a):
	case sixToFour.Contains(a):
		at = 2
	default:
		return a, false
	}
	return netip.AddrFrom4([4]byte(b[at : at+4])), true
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	compatible = netip.MustParsePrefix("::/96")
)
