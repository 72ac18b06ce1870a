package traffic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// read returns a file of testdata.
func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestScenariosBuildVetAndPassTheirTests takes every kind of input through Go itself.
func TestScenariosBuildVetAndPassTheirTests(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "own")
	for _, tt := range []struct {
		file string
		make func([]byte, Options) (*Result, error)
	}{
		{"shop.har", HAR},
		{"demo.har", HAR},
		{"spa.har", HAR},
		{"browser.curl.sh", Curl},
		{"library.yaml", OpenAPI},
		{"keeper.yaml", OpenAPI},
		{"petstore.json", OpenAPI},
		{"old.yaml", OpenAPI},
	} {
		got, err := tt.make(read(t, tt.file), Options{Name: NameOf(tt.file), Package: "own"})
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		modtest.Write(t, dir, got.File+".go", string(got.Scenario))
		modtest.Write(t, dir, got.File+"_test.go", string(got.Test))
		parses(t, got)
	}
	modtest.Go(t, dir, "vet", ".")
	modtest.Go(t, dir, "test", ".")
}

// readSeed returns a file of testdata to a fuzz test.
func readSeed(f *testing.F, name string) []byte {
	f.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// TestHostileTextsStayTexts takes what tries to become code through Go itself.
func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "own")
	for name, input := range map[string]string{"hostile": hostileHAR, "init": hostileHAR, "func": hostileHAR, "../../load": hostileHAR, "x_linux_test": hostileHAR} {
		got, err := HAR([]byte(input), Options{Name: name, Package: "own", AllHosts: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		parses(t, got)
		modtest.Write(t, dir, got.File+".go", string(got.Scenario))
		modtest.Write(t, dir, got.File+"_test.go", string(got.Test))
	}
	modtest.Go(t, dir, "vet", ".")
	modtest.Go(t, dir, "test", ".")
}

func TestScenariosSayWhatWasMeant(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		claim, file string
		make        func([]byte, Options) (*Result, error)
		want        string
	}{
		{"who registers gets another name each time", "demo.har", HAR, `v.email = u.Unique("u") + "@x.test"`},
		{"a name made up is used again", "demo.har", HAR, `load.Form("username", v.email, "password", demoPassword.Of(u))`},
		{"a token that goes with everything is the user's", "demo.har", HAR, `u.Header.Set("Authorization", "Bearer "+answer.AccessToken)`},
		{"an id is carried, and its row is one", "demo.har", HAR, `u.Get("/api/v1/cities/"+url.PathEscape(v.cityID), load.Name("/api/v1/cities/{id}"))`},
		{"signing in is done once", "demo.har", HAR, `OnStart: (*demoUser).signIn`},
		{"a pause is kept", "demo.har", HAR, `{Run: (*demoUser).postCities, Wait: load.Between(time.Second, 3*time.Second)}`},
		{"polls are folded", "demo.har", HAR, `// Asked 3 times in a row while it was recorded.`},
		{"a token of a page is carried", "shop.har", HAR, `load.Form("csrf_token", csrfToken, "email", "ann@example.com", "password", shopPassword.Of(u))`},
		{"signing out is done at the end", "shop.har", HAR, `OnStop:  (*shopUser).openLogout`},
		{"a script's login is signing in, whatever was asked at once", "spa.har", HAR, `OnStart: (*spaUser).signIn`},
		{"what was asked at once is a task", "spa.har", HAR, `{Run: (*spaUser).getMe, Wait:`},
		{"the host is that of the API", "spa.har", HAR, `Host:    "https://api.notes.example"`},
		{"a token that replaces another goes with what follows", "spa.har", HAR, "u.Header.Set(\"Authorization\", \"Bearer \"+answer.Data.Tokens.Access)\n\treturn u.Patch("},
		{"a script's sign out is done at the end", "spa.har", HAR, `OnStop:  (*spaUser).postAuthLogout`},
		{"a query is no part of a name", "browser.curl.sh", Curl, `load.Query("page", "2", "q", "a b")`},
		{"JSON becomes Go", "browser.curl.sh", Curl, `"big":      json.Number("12345678901234567890")`},
		{"quotes are those of the shell", "browser.curl.sh", Curl, `load.JSON(map[string]any{"it's": "100% 'ours'", "path": "a\\b c"})`},
		{"basic authentication needs only the password", "browser.curl.sh", Curl, `base64.StdEncoding.EncodeToString([]byte("ann:"+browserPassword2.Of(u)))`},
		{"reads weigh more than writes", "library.yaml", OpenAPI, `{Run: (*libraryUser).listBooks, Weight: 10, Tags: []string{"books", "read-only"}}`},
		{"an id is that of what the user made itself", "library.yaml", OpenAPI, "if v.bookID == \"\" {\n\t\tif err := v.addBook(u); err != nil {"},
		{"what is deleted is forgotten, with what it held", "keeper.yaml", OpenAPI, "\tv.shelfID = \"\"\n\tv.bookID = \"\"\n\treturn resp.Err()"},
		{"what nothing makes is not deleted", "keeper.yaml", OpenAPI, "DELETE /topics/{topicId} is left out"},
		{"a name is made up where the request says it", "keeper.yaml", OpenAPI, `username := u.Unique("u")`},
		{"an id is the target's own affair where it answers one", "keeper.yaml", OpenAPI, `u.Post("/api/shelves", load.JSON(map[string]any{"room": "text"}))`},
		{"what is left out is said", "library.yaml", OpenAPI, `callbacks are left out`},
		{"Swagger's base path is kept", "old.yaml", OpenAPI, `u.Get("/api/things", load.Query("q", "a b")`},
	} {
		got, err := tt.make(read(t, tt.file), Options{Name: NameOf(tt.file)})
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if !strings.Contains(string(got.Scenario), tt.want) {
			t.Errorf("%s: %s lacks\n%s\nin\n%s", tt.claim, tt.file, tt.want, got.Scenario)
		}
	}
}

// What cannot be made is left out and said, and what the recording had of a broken target
// is not asked of one that is in order.
func TestWhatCannotBeMadeIsLeftOutAndSaid(t *testing.T) {
	got, err := Curl([]byte("curl -T foo.bin https://shop.test/up\ncurl https://shop.test/cart\n"), Options{Name: "shop"})
	if err != nil || !strings.Contains(string(got.Scenario), `"/cart"`) || !strings.Contains(fmt.Sprint(got.Notes), "line 1 is left out: curl's --upload-file") {
		t.Errorf("of two commands the first of which is not understood: %v\n%s", err, got.Scenario)
	}
	if _, err := Curl([]byte("curl -T foo.bin https://shop.test/up\n"), Options{Name: "shop"}); err == nil || !strings.Contains(err.Error(), "line 1: curl's --upload-file") {
		t.Errorf("of one that is not understood: %v, want its line", err)
	}
	har := `{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-01-02T15:04:05Z","time":1,
		"request":{"method":"GET","url":"http://shop.test/api/me","headers":[]},
		"response":{"status":500,"headers":[],"content":{"mimeType":"application/json","text":"{}"}}}]}}`
	got, err = HAR([]byte(har), Options{Name: "shop"})
	if err != nil || strings.Contains(string(got.Scenario), "StatusInternalServerError") || !strings.Contains(fmt.Sprint(got.Notes), "status 500 when it was recorded") {
		t.Errorf("of an answer with status 500: %v\n%s", err, got.Scenario)
	}
	for _, name := range []string{"func", "func7"} {
		if got := (scope{}).name(name); literalForm.MatchString(got) {
			t.Errorf("a method is named %s, as function literals are", got)
		}
	}
}
