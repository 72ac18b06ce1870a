package traffic

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

var (
	staticKind = regexp.MustCompile(`^(image|stylesheet|script|font|media|manifest|texttrack|ping|preflight)$`)
	staticMime = regexp.MustCompile(`^(image/|font/|audio/|video/|text/css|text/javascript|application/(x-)?javascript|application/wasm|application/font|application/manifest)`)
	staticPath = regexp.MustCompile(`(?i)^\.(js|mjs|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp[34]|webm|wasm|webmanifest)$`)
	methodForm = regexp.MustCompile(`^[A-Z][A-Z-]{0,19}$`)
)

// static reports whether e fetched what belongs to a page's looks.
func (e *exchange) static() bool {
	if e.method != "GET" && e.method != "HEAD" && e.kind != "ping" {
		return false
	}
	mime := ""
	if a := e.last(); a != nil {
		mime = a.mime
	}
	return staticKind.MatchString(e.kind) || staticMime.MatchString(mime) || staticPath.MatchString(path.Ext(e.url.Path))
}

// keep returns the exchanges that make the scenario, redirects joined and polls folded.
func keep(all []*exchange, o Options, n *notes) ([]*exchange, error) {
	all = join(all)
	home := homeOf(all)
	var kept []*exchange
	static, strangers := 0, map[string]int{}
	for _, e := range all {
		switch {
		case e.method == http.MethodOptions: // a browser's question before another request
		case e.static() && !o.Static:
			static++
		case !o.AllHosts && !sameSite(e.url, home):
			strangers[e.url.Host]++
		default:
			kept = append(kept, e)
		}
	}
	if static > 0 {
		n.add("requests for pictures, styles, scripts and fonts are left out (%d); --static keeps them", static)
	}
	if len(strangers) > 0 {
		count := 0
		for _, c := range strangers {
			count += c
		}
		n.add("requests to other hosts are left out (%d, to %d hosts); --all-hosts keeps them", count, len(strangers))
	}
	if len(kept) == 0 {
		switch {
		case static > 0:
			return nil, fmt.Errorf("nothing is left of %d requests: %d are pictures, styles, scripts and fonts — keep them with --static", len(all), static)
		case len(strangers) > 0:
			return nil, errors.New("only requests to other hosts are left — keep them with --all-hosts")
		}
		return nil, errors.New("there is no request to make a scenario of")
	}
	kept = fold(kept)
	if len(kept) > mostCalls {
		n.add("the first %d of %d requests make the scenario: record less at a time", mostCalls, len(kept))
		kept = kept[:mostCalls]
	}
	return kept, nil
}

// join makes one exchange of a redirect and what followed it, as users follow it by
// themselves.
func join(all []*exchange) []*exchange {
	var joined []*exchange
	done := map[*exchange]bool{}
	at := map[string][]int{} // those of a URL that are still to come
	for i, e := range all {
		at[urlKey(e.url)] = append(at[urlKey(e.url)], i)
	}
	for i, e := range all {
		if done[e] {
			continue
		}
		joined = append(joined, e)
		for from := e.url; e.last() != nil && redirect(e.last().status) && e.last().location != "" && len(e.answers) < 10; {
			to, err := parseURL(e.last().location)
			if err != nil {
				break
			}
			to = from.ResolveReference(to)
			key := urlKey(to)
			for len(at[key]) > 0 && (at[key][0] <= i || done[all[at[key][0]]]) {
				at[key] = at[key][1:]
			}
			if len(at[key]) == 0 {
				break
			}
			next := all[at[key][0]]
			done[next] = true
			e.answers = append(e.answers, next.answers...)
			e.took = max(e.took, next.end().Sub(e.start))
			from = next.url
		}
	}
	return joined
}

func redirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// urlKey is the same for URLs of the same thing.
func urlKey(u *url.URL) string {
	return u.Scheme + "://" + u.Host + cmp.Or(u.EscapedPath(), "/") + "?" + u.RawQuery
}

// fold makes one exchange of three or more equal ones in a row: a page that polls.
func fold(all []*exchange) []*exchange {
	var folded []*exchange
	for i := 0; i < len(all); {
		end := i + 1
		for end < len(all) && same(all[i], all[end]) {
			end++
		}
		if end-i >= 3 {
			all[i].times = end - i
			all[i].took = max(all[i].took, all[end-1].end().Sub(all[i].start))
			folded = append(folded, all[i])
		} else {
			folded = append(folded, all[i:end]...)
		}
		i = end
	}
	return folded
}

func same(a, b *exchange) bool {
	return a.method == b.method && a.method == "GET" && urlKey(a.url) == urlKey(b.url) && len(a.answers) == 1 && len(b.answers) == 1 &&
		a.answers[0].status == b.answers[0].status // and so never curl commands, which say what is to be done
}

// homeOf returns where the recording was made: where its first page is from.
func homeOf(all []*exchange) *url.URL {
	for _, e := range all {
		if e.kind == "document" || e.kind == "" && e.last() != nil && strings.HasPrefix(e.last().mime, "text/html") {
			return e.url
		}
	}
	for _, e := range all {
		if !e.static() {
			return e.url
		}
	}
	if len(all) == 0 {
		return &url.URL{}
	}
	return all[0].url
}

// hostOf returns where most of a recording goes: the home of a page, unless its scripts
// ask another host more often.
func hostOf(kept []*exchange, home *url.URL) string {
	count := map[string]int{}
	best := home.Scheme + "://" + home.Host
	for _, e := range kept {
		count[e.url.Scheme+"://"+e.url.Host]++
	}
	for _, e := range kept {
		if host := e.url.Scheme + "://" + e.url.Host; count[host] > count[best] {
			best = host
		}
	}
	return best
}

// sameSite reports whether two hosts belong together, as www.example.com and
// api.example.com do.
func sameSite(a, b *url.URL) bool {
	x, y := strings.ToLower(a.Hostname()), strings.ToLower(b.Hostname())
	if x == y {
		return true
	}
	if net.ParseIP(x) != nil || net.ParseIP(y) != nil {
		return false
	}
	sx, errX := publicsuffix.EffectiveTLDPlusOne(x)
	sy, errY := publicsuffix.EffectiveTLDPlusOne(y)
	return errX == nil && errY == nil && sx == sy
}

// idle are header fields that a browser adds by itself, or that say nothing to the
// target about what is asked.
var idle = regexp.MustCompile(`(?i)^(:.*|host|connection|content-length|content-type|user-agent|accept-encoding|accept-language|` +
	`accept-charset|cookie2?|origin|referer|upgrade-insecure-requests|dnt|te|trailer|transfer-encoding|keep-alive|proxy-.*|upgrade|` +
	`sec-.*|priority|purpose|cache-control|pragma|if-.*|range|expect|date|via|forwarded|x-forwarded-.*|x-real-ip|save-data|` +
	`device-memory|downlink|dpr|ect|rtt|viewport-width|x-client-data|x-goog-.*|newrelic|traceparent|tracestate|baggage|` +
	`sentry-trace|x-b3-.*|x-datadog-.*|x-amzn-trace-id|x-playwright.*|alt-used)$`)

var fieldForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")

// meant returns the header fields that mean something to the target.
func (e *exchange) meant() []pair {
	var header []pair
	for _, p := range e.header {
		if idle.MatchString(p.name) || !fieldForm.MatchString(p.name) || strings.ContainsAny(p.value, "\r\n\x00") || p.value == "" {
			continue
		}
		if strings.EqualFold(p.name, "Accept") && (strings.Contains(p.value, "*/*") || strings.Contains(p.value, "text/html")) {
			continue // what a browser accepts: anything
		}
		header = append(header, pair{http.CanonicalHeaderKey(p.name), p.value})
	}
	return header
}
