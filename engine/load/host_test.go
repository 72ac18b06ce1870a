package load_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

func TestParseHost(t *testing.T) {
	for _, tt := range []struct {
		host, origin, prefix, auth string
	}{
		{"", "", "", ""},
		{" \t", "", "", ""},
		{"http://127.0.0.1:8020", "http://127.0.0.1:8020", "", ""},
		{" https://example.com \n", "https://example.com", "", ""},
		{"http://example.com/", "http://example.com", "", ""},
		{"http://example.com/api/v1/", "http://example.com", "/api/v1", ""},
		{"http://example.com/a%20b", "http://example.com", "/a%20b", ""},
		{"HTTP://example.com", "http://example.com", "", ""},
		{"Https://Example.com", "https://Example.com", "", ""},
		{"http://[::1]:8020/x", "http://[::1]:8020", "/x", ""},
		{"https://ann:s%40cret@example.com", "https://example.com", "", "Basic YW5uOnNAY3JldA=="},
		{"https://ann@example.com", "https://example.com", "", "Basic YW5uOg=="},
	} {
		got, err := load.ParseHost(tt.host)
		if want := (load.Base{Origin: tt.origin, Prefix: tt.prefix, Auth: tt.auth}); err != nil || got != want {
			t.Errorf("ParseHost(%q): %+v, %v; want %+v", tt.host, got, err, want)
		}
	}
}

func TestParseHostSaysWhatToWrite(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"http:127.0.0.1", "write http://127.0.0.1"},
		{"HTTP:127.0.0.1", "write http://127.0.0.1"},
		{"http:/127.0.0.1:8020", "write http://127.0.0.1:8020"},
		{"https:", "write https://"},
		{"127.0.0.1:80", "has no scheme — write http://127.0.0.1:80"},
		{"127.0.0.1", "has no scheme — write http://127.0.0.1"},
		{"localhost:8020/api", "write http://localhost:8020/api"},
		{"//example.com", "write http://example.com"},
		{"[::1]:80", "write http://[::1]:80"},
		{"ftp://x", "scheme ftp is not supported — write http://x or https://x"},
		{"http://", "names no machine — write for example http://127.0.0.1:8020"},
		{"https:///path", "names no machine — write for example https://127.0.0.1:8020"},
		{"http://:8020", "names no machine"},
		{"http://exa mple.com", "is not a host"},
		{"http://example.com:http", "is not a host"},
		{"http://example.com:0", "there is no port 0"},
		{"http://example.com:65536", "there is no port 65536"},
		{"http://::1:80", ""},
		{"http://example.com?a=b", "write http://example.com"},
		{"http://example.com/x#top", "write http://example.com/x"},
		{"http://example.com/%zz", "is not a host"},
	} {
		got, err := load.ParseHost(tt.host)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseHost(%q): %+v, %v; want an error with %q", tt.host, got, err, tt.want)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, host := range []string{"", "http://127.0.0.1:8020", "http:127.0.0.1", "https://a:b@[::1]:1/x y?z#", "::", "ftp://"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		b, err := load.ParseHost(host)
		if err != nil || b == (load.Base{}) {
			return
		}
		u, err := url.Parse(b.Origin)
		if err != nil || u.Hostname() == "" || u.Path != "" || u.User != nil {
			t.Errorf("ParseHost(%q): origin %q is %+v, %v", host, b.Origin, u, err)
		}
		if b.Prefix != "" && b.Prefix[0] != '/' || strings.HasSuffix(b.Prefix, "/") {
			t.Errorf("ParseHost(%q): prefix %q", host, b.Prefix)
		}
	})
}

func TestPathsAreSentToTheHost(t *testing.T) {
	for _, tt := range []struct{ host, path, origin, target string }{
		{"http://h", "/a", "http://h", "/a"},
		{"http://h", "a", "http://h", "/a"},
		{"http://h", "", "http://h", "/"},
		{"http://h", "?q", "http://h", "/?q"},
		{"http://h/api/", "/a", "http://h", "/api/a"},
		{"http://h/api", "", "http://h", "/api/"},
		{"http://h/api", "/login?next=http://other/", "http://h", "/api/login?next=http://other/"},
		{"http://h/api", "//other/x", "http://h", "/api//other/x"},
		{"http://h/api", "https://other:8443/x?y", "https://other:8443", "/x?y"},
		{"http://h/api", "http://other", "http://other", "/"},
		{"http://h/api", "http://other?q", "http://other", "/?q"},
		{"http://h/api", "http://other#top", "http://other", "/"},
		{"", "https://other/x", "https://other", "/x"},
	} {
		f := &fake{}
		u := seat(t, f, func(s *load.Seat) { s.Base = base(t, tt.host) })
		if err := u.Get(tt.path).Err(); err != nil {
			t.Errorf("host %q, path %q: %v", tt.host, tt.path, err)
			continue
		}
		if got := f.sent[0]; got.Origin != tt.origin || got.Target != tt.target {
			t.Errorf("host %q, path %q: sent to %s %s, want %s %s", tt.host, tt.path, got.Origin, got.Target, tt.origin, tt.target)
		}
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	for _, tt := range []struct{ host, path, want string }{
		{"", "/a", "no host for path"},
		{"http://h", "ftp://other/x", "scheme of"},
	} {
		f := &fake{}
		u := seat(t, f, func(s *load.Seat) { s.Base = base(t, tt.host) })
		err := u.Get(tt.path).Err()
		if err == nil || !strings.Contains(err.Error(), tt.want) || len(f.sent) > 0 {
			t.Errorf("host %q, path %q: %v, %d sent; want %q and nothing sent", tt.host, tt.path, err, len(f.sent), tt.want)
		}
	}
}

func TestAuthorizationOfTheHostGoesToItAlone(t *testing.T) {
	f := &fake{}
	u := seat(t, f, func(s *load.Seat) { s.Base = base(t, "http://ann:secret@h") })
	own := []load.Field{{Name: "Authorization", Value: "Bearer mine"}}
	for _, tt := range []struct {
		path string
		opts []load.Option
		want []load.Field
	}{
		{"/", nil, []load.Field{{Name: "Authorization", Value: "Basic YW5uOnNlY3JldA=="}}},
		{"http://h/", nil, []load.Field{{Name: "Authorization", Value: "Basic YW5uOnNlY3JldA=="}}},
		{"http://other/", nil, nil},
		{"/", []load.Option{load.Header("authorization", "Bearer mine")}, []load.Field{{Name: "authorization", Value: "Bearer mine"}}},
	} {
		f.sent = nil
		u.Get(tt.path, tt.opts...)
		if got := f.sent[0].Extra; !slices.Equal(got, tt.want) {
			t.Errorf("Get(%s) sends %v, want %v", tt.path, got, tt.want)
		}
	}
	u.Header.Set(own[0].Name, own[0].Value)
	f.sent = nil
	u.Get("/")
	if got := f.sent[0].Extra; len(got) > 0 {
		t.Errorf("Get with an Authorization of the user's own sends %v besides", got)
	}
	if got := u.Host(); got != "http://h" {
		t.Errorf("Host: %q, want http://h", got)
	}
}
