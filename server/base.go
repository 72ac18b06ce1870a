package server

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	baseForm  = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*$`)
	rootPaths = []string{healthzPath, readyzPath} // who asks for these knows of no proxy
)

// ParseBasePath reads the path under which a proxy has the site: "/load" for what
// browsers know as https://tools.example/load/. "" and "/" are the proxy's own root.
func ParseBasePath(text string) (string, error) {
	base := strings.TrimSuffix(text, "/")
	switch {
	case base != "" && base[0] != '/':
		return "", fmt.Errorf("--web-base-path: %q does not begin with / — write for example /%s", text, strings.TrimLeft(path.Base(base), "."))
	case !baseForm.MatchString(base), base != "" && path.Clean(base) != base:
		return "", fmt.Errorf("--web-base-path: %q is no path to be under — write for example /load, of letters, digits and - . _ ~", text)
	}
	return base, nil
}

// under serves the site under base, and says where it is to whoever asks elsewhere.
//
// This is the only place to know the base. Handlers are asked as if there were none, and
// every link of the site is relative, so that it also works behind a proxy which takes a
// prefix away and tells nobody.
func under(base string, site http.Handler) http.Handler {
	if base == "" {
		return site
	}
	within := http.StripPrefix(base, site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch at := r.URL.Path; {
		case strings.HasPrefix(at, base+"/"):
			within.ServeHTTP(w, r)
		case at == base:
			to := path.Base(base) + "/"
			if r.URL.RawQuery != "" {
				to += "?" + r.URL.RawQuery
			}
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		case slices.Contains(rootPaths, at):
			site.ServeHTTP(w, r)
		default:
			problem(w, r, toRoot(r)+base[1:]+"/", http.StatusNotFound, fmt.Sprintf("the page is at %s/ and nothing is at %s — "+
				"behind a proxy that takes %[1]s away from paths, start without --web-base-path", base, at))
		}
	})
}

// toRoot leads from where a request is within the site to its root, wherever that is:
// "../" from /stats/reset.
func toRoot(r *http.Request) string {
	return "./" + strings.Repeat("../", max(0, strings.Count(r.URL.EscapedPath(), "/")-1))
}

// redirect leads to a place of the site, given from its root.
func redirect(w http.ResponseWriter, r *http.Request, to string, status int) {
	w.Header().Set("Location", toRoot(r)+to)
	w.WriteHeader(status)
}
