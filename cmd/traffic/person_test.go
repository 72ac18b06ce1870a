package traffic

import (
	"strings"
	"testing"
)

func TestThatAllUsersAreOnePersonIsSaid(t *testing.T) {
	t.Parallel()
	const api = `{"openapi":"3.0.0","info":{"title":"x","version":"1"},"servers":[{"url":"http://h.test"}],"paths":{"/login":{"post":{"requestBody":{"content":
		{"application/json":{"schema":{"type":"object","properties":{"email":{"type":"string","format":"email"},"password":{"type":"string"}}}}}},"responses":{"200":{"description":""}}}}}}`
	har := func(path, body string) []byte {
		return archive(t, visit{method: "POST", path: path, body: body, answer: `{}`}, visit{method: "GET", path: "/me", answer: `{}`})
	}
	for _, tt := range []struct {
		data []byte
		make func([]byte, Options) (*Result, error)
		want string
	}{
		{har("/login", "email=ann@example.com&password=hunter2"), HAR, "POST /login has the same email for all users"},
		{har("/users", `{"user":{"username":"ann","password":"hunter2"}}`), HAR, "POST /users has the same username for all users"},
		{har("/register", `{"email":"ann@example.com","password":"hunter2"}`), HAR, ""}, // another for each
		{har("/newsletter", `{"email":"ann@example.com"}`), HAR, ""},
		{[]byte(`curl http://h.test/login -d 'login=ann&password=hunter2'`), Curl, "POST /login has the same login for all users"},
		{[]byte(api), OpenAPI, "POST /login has an example as the email, the same for all users"},
	} {
		got, err := tt.make(tt.data, Options{Name: "app"})
		if err != nil {
			t.Errorf("of %s: %v", tt.data, err)
			continue
		}
		parses(t, got)
		notes := strings.Join(got.Notes, "; ")
		if !strings.Contains(notes, tt.want) || tt.want == "" && strings.Contains(notes, "all users") || strings.Contains(notes, "hunter2") {
			t.Errorf("of %s: notes %q, want %q", tt.data, notes, tt.want)
		}
	}
}
