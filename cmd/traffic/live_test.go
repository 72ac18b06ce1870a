package traffic

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// shop is the site that testdata/shop.har was recorded of, with other secrets and ids: what
// is answered now differs from what was answered then. It notes what arrives.
type shop struct {
	mu   sync.Mutex
	seen []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const csrf, session, token, id = "other&csrf+1", "other-session", "other-token", "9105"
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	s.mu.Lock()
	s.seen = append(s.seen, strings.ReplaceAll(r.Method+" "+r.URL.RequestURI(), id, "4001"))
	s.mu.Unlock()

	cookie, err := r.Cookie("session")
	signedIn := err == nil && cookie.Value == session
	allowed := r.Header.Get("Authorization") == "Bearer "+token
	switch path := r.Method + " " + r.URL.Path; {
	case path == "GET /login":
		fmt.Fprintf(w, `<form><input type="hidden" name="csrf_token" value="%s"></form>`, strings.ReplaceAll(csrf, "&", "&amp;"))
	case path == "POST /login" && r.FormValue("csrf_token") == csrf && r.FormValue("email") == "ann@example.com" && r.FormValue("password") == "of today":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/"})
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	case path == "GET /", path == "GET /logout", path == "GET /account" && signedIn:
	case path == "POST /api/v1/token" && signedIn:
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer"}`, token)
	case path == "POST /api/v1/orders" && allowed && string(body) == `{"gift":false,"item":7,"note":"blue, please"}`:
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"data":{"id":%s}}`, id)
	case path == "GET /api/v1/orders/"+id && allowed, path == "GET /api/v1/orders/"+id+"/lines" && allowed && r.URL.RawQuery == "page=1&sort=name":
		fmt.Fprint(w, `{}`)
	default:
		http.Error(w, "forbidden", http.StatusForbidden)
	}
}

// TestAProgram builds a program with scenarios that were made, and runs it against live sites.
func TestAProgram(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "own")
	for _, tt := range []struct {
		file string
		make func([]byte, Options) (*Result, error)
	}{{"shop.har", HAR}, {"keeper.yaml", OpenAPI}} {
		got, err := tt.make(read(t, tt.file), Options{Name: NameOf(tt.file), Package: "main"})
		if err != nil {
			t.Fatal(err)
		}
		hurried := strings.ReplaceAll(string(got.Scenario), "load.Between(500*time.Millisecond, 1500*time.Millisecond)", "load.Between(0, time.Millisecond)")
		modtest.Write(t, dir, got.File+".go", hurried)
	}
	modtest.Write(t, dir, "main.go", `package main

import (
	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/engine/load"
)

func main() { cli.Main(load.Suite{Scenarios: []load.Planner{shop, keeper}}) }
`)
	modtest.Go(t, dir, "build", "-o", "program", ".")
	if t.Failed() {
		return
	}
	program := filepath.Join(dir, "program")
	t.Run("SendsWhatWasRecorded", func(t *testing.T) { sendsWhatWasRecorded(t, program) })
	t.Run("AsksOnlyForWhatThereIs", func(t *testing.T) { asksOnlyForWhatThereIs(t, program) })
}

// sendsWhatWasRecorded compares what arrives with the recording.
func sendsWhatWasRecorded(t *testing.T, program string) {
	site := &shop{}
	server := httptest.NewServer(site)
	defer server.Close()
	cmd := exec.Command(program, "shop", "--headless", "--iterations", "1", "--host", server.URL,
		"--stop-timeout", "60s", "--exit-code-on-invalid", "0")
	cmd.Env = append(os.Environ(), "GREGARIA_SHOP_PASSWORD=of today")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", cmd.Args, err, out)
	}
	var n notes
	all, err := readHAR(read(t, "shop.har"), &n)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range all {
		if !e.static() {
			want = append(want, e.method+" "+e.url.RequestURI())
		}
	}
	if !slices.Equal(site.seen, want) {
		t.Errorf("what arrived:\n%s\nwhat was recorded:\n%s", strings.Join(site.seen, "\n"), strings.Join(want, "\n"))
	}
}

// asksOnlyForWhatThereIs lets many users make, use and delete at the same time.
func asksOnlyForWhatThereIs(t *testing.T, program string) {
	site := &keeper{things: map[string]bool{}, counts: map[string]int{}}
	server := httptest.NewServer(site)
	defer server.Close()
	cmd := exec.Command(program, "keeper", "--headless", "--users", "20", "--spawn-rate", "100", "--iterations", "3000",
		"--host", server.URL, "--stop-timeout", "60s", "--exit-code-on-invalid", "0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", cmd.Args, err, out)
	}
	if len(site.wrong) > 0 {
		t.Errorf("%d of the requests were wrong:\n%s", len(site.wrong), strings.Join(site.wrong[:min(len(site.wrong), 20)], "\n"))
	}
	for _, want := range []string{
		"POST shelves", "GET shelves", "DELETE shelves", "POST shelves/books", "GET shelves/books", "PUT shelves/books", "DELETE shelves/books",
		"POST users", "GET users", "PUT users", "DELETE users", "POST loans", "GET loans", "DELETE loans", "PUT notes", "GET notes", "DELETE notes", "GET topics",
	} {
		if site.counts[want] == 0 {
			t.Errorf("no %s came; what came: %v", want, site.counts)
		}
	}
}

// TestNoSecretIsWritten looks for all secrets of the recordings in what is made of them.
func TestNoSecretIsWritten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file    string
		make    func([]byte, Options) (*Result, error)
		secrets []string
	}{
		{"shop.har", HAR, []string{"hunter2", "s3ss10n", "c5rf", "eyJ", "c2lnbmF0dXJl"}},
		{"spa.har", HAR, []string{"opaque.", "refresh.", "correct horse"}},
		{"browser.curl.sh", Curl, []string{"hunter2", "abc123", "eyJ", "s3cret99", "k3y-k3y"}},
	} {
		got, err := tt.make(read(t, tt.file), Options{Name: "x", Static: true, AllHosts: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range tt.secrets {
			for _, code := range [][]byte{got.Scenario, got.Test, []byte(strings.Join(got.Notes, "\n"))} {
				if strings.Contains(string(code), s) {
					t.Errorf("%s: the secret %s… is written:\n%s", tt.file, s, code)
				}
			}
		}
	}
}

func TestErrorsSayTheWayOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		make func([]byte, Options) (*Result, error)
		data string
		want string
	}{
		{HAR, "{\n  \"log\": nope\n}", "line 2, column 11"},
		{HAR, `{"a": 1}`, "has no log"},
		{HAR, `{"log": {"entries": []}}`, "no entries"},
		{HAR, `{"log": {"entries": [{"request": {"method": "GET", "url": "http://a.test/x.png"}, "response": {"status": 200}}]}}`, "--static"},
		{HAR, `{"log": {"entries": [{"request": {"method": "GET", "url": "ws://a.test/"}, "response": {"status": 101}}]}}`, "no request"},
		{Curl, "curl 'http://a.test/", "not a shell command"},
		{Curl, "wget http://a.test/", "no curl command"},
		{Curl, "curl -X POST", "no URL"},
		{Curl, "curl -d @secrets.txt http://a.test/", "is not read"},
		{Curl, "curl http://a.test/$(cat /etc/passwd)", "is not run"},
		{Curl, "curl ftp://a.test/", "not the URL of a website"},
		{OpenAPI, "a: [", "neither YAML nor JSON"},
		{OpenAPI, "hello: world", "no OpenAPI file"},
		{OpenAPI, "<html>", "no OpenAPI file"},
		{OpenAPI, "- 1", "no OpenAPI file"},
		{OpenAPI, `{"log": {"entries": []}}`, "import har"},
		{OpenAPI, `{"info": {}, "item": []}`, "Postman"},
		{OpenAPI, "swagger: '1.2'", "version 1.2"},
		{OpenAPI, "openapi: 4.0.0", "version 4.0.0"},
		{OpenAPI, `{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}}`, "no operation"},
		{OpenAPI, `{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/": {"$ref": "file:///etc/passwd"}}}`, "cannot be read"},
	} {
		if _, err := tt.make([]byte(tt.data), Options{Name: "x"}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("of %s: error %v, want one with %q", tt.data, err, tt.want)
		}
	}
}
