package traffic

import (
	"strings"
	"testing"
)

func TestWhatIsEncodedInAPathStaysSo(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://h/p/`+x+`\"/%2Fy": "/p/%60+x+%60%22/%2Fy",
		"http://h/p/ü/a%2fb":      "/p/%C3%BC/a%2fb",
		"http://h/p/a b":          "/p/a%20b",
		"http://h/p/a%2Fb[1]":     "/p/a%2Fb[1]",
		"http://h/p/%7Ea|%2F":     "/p/%7Ea%7C%2F",
		"http://h":                "",
	} {
		u, err := parseURL(raw)
		if err != nil || u.EscapedPath() != want {
			t.Errorf("parseURL(%q) has the path %q, %v, want %q", raw, u.EscapedPath(), err, want)
		}
	}
	data := archive(t, visit{method: "GET", path: "/p/`+x+`\"/%2Fy"})
	got, err := HAR(data, Options{Name: "app"})
	if err != nil {
		t.Fatal(err)
	}
	parses(t, got)
	for name, code := range map[string][]byte{"scenario": got.Scenario, "test": got.Test} {
		if !strings.Contains(string(code), `"/p/%60+x+%60%22/%2Fy"`) {
			t.Errorf("the %s has another path:\n%s", name, code)
		}
	}
}
