package traffic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A visit is a request of a recording, and its answer.
type visit struct {
	gap            time.Duration // since the one before
	method, path   string
	header         []harField
	body           string
	status         int
	answer         string
	answered       []harField
	kind, mimeType string
}

// archive makes a HAR file of visits to http://app.test.
func archive(t *testing.T, visits ...visit) []byte {
	t.Helper()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var entries []any
	for _, v := range visits {
		now = now.Add(v.gap + 10*time.Millisecond)
		request := map[string]any{"method": v.method, "url": "http://app.test" + v.path, "headers": v.header}
		if v.body != "" {
			mime := "application/x-www-form-urlencoded"
			if strings.HasPrefix(v.body, "{") {
				mime = "application/json"
			}
			if v.mimeType != "" {
				mime = v.mimeType
			}
			request["postData"] = map[string]any{"mimeType": mime, "text": v.body}
		}
		mime := "application/json"
		if v.kind == "document" {
			mime = "text/html"
		}
		status := v.status
		if status == 0 {
			status = 200
		}
		entries = append(entries, map[string]any{
			"startedDateTime": now.Format(time.RFC3339Nano), "time": 5, "_resourceType": v.kind, "request": request,
			"response": map[string]any{"status": status, "headers": v.answered, "content": map[string]any{"mimeType": mime, "text": v.answer}},
		})
	}
	data, err := json.Marshal(map[string]any{"log": map[string]any{"entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSigningInIsRecognised(t *testing.T) {
	t.Parallel()
	shows := func(name, value string) []harField { return []harField{{name, value}} }
	bearer := shows("authorization", "Bearer q7Rk.20-aB")
	var looks []visit
	for i := range 11 {
		looks = append(looks, visit{gap: time.Second, method: "GET", path: fmt.Sprint("/thing/", i+30)})
	}
	const isStart, token = "OnStart: (*appUser).signIn,", `u.Header.Set("Authorization", "Bearer "+`
	for _, tt := range []struct {
		claim  string
		visits []visit
		want   []string
		not    string
	}{
		{"by a password, with all that followed at once", []visit{
			{method: "POST", path: "/login", body: `{"user":"ann","pwd":"hunter2hunter2"}`, answer: `{"jwt":"q7Rk.20-aB"}`},
			{method: "GET", path: "/me", header: bearer},
		}, []string{isStart, token, "{Run: (*appUser).getMe}"}, "hunter2"},
		{"by a password deep in GraphQL", []visit{
			{method: "POST", path: "/graphql", body: `{"query":"mutation($i:I!){login(i:$i){token}}","variables":{"input":{"password":"hunter2hunter2"}}}`, answer: `{"data":{"login":{"token":"q7Rk.20-aB"}}}`},
			{method: "POST", path: "/graphql", body: `{"query":"{me{id}}"}`, header: bearer},
		}, []string{isStart, token}, "hunter2"},
		{"by a code that brings a token with a name of no meaning", []visit{
			{method: "POST", path: "/otp/verify", body: `{"phone":"123","code":"998877"}`, answer: `{"ok":true,"value":"q7Rk.20-aB"}`},
			{method: "GET", path: "/me", header: bearer},
			{gap: time.Second, method: "GET", path: "/", kind: "document"},
			{method: "GET", path: "/news", header: bearer},
		}, []string{isStart, token}, "q7Rk"},
		{"by a token in a field of the answer's header", []visit{
			{method: "POST", path: "/session", body: `{"pin":"1234"}`, answered: shows("Authorization", "Bearer q7Rk.20-aB")},
			{method: "GET", path: "/me", header: bearer},
		}, []string{isStart, `u.Header.Set("Authorization", `}, "q7Rk"},
		{"by a token that goes into a field of its own", []visit{
			{method: "PUT", path: "/session", body: "name=ann&passcode=hunter2hunter2", answer: `{"session":{"key":"q7Rk.20-aB"}}`},
			{method: "GET", path: "/me", header: shows("X-Auth-Token", "q7Rk.20-aB")},
		}, []string{isStart, `u.Header.Set("X-Auth-Token", answer.Session.Key)`}, "q7Rk"},
		{"and what exchanges a code for the token belongs to it", []visit{
			{method: "POST", path: "/login", body: "user=ann&password=hunter2hunter2", answer: `{"code":"c0de-4411"}`},
			{gap: time.Second, method: "POST", path: "/oauth/token", body: "code=c0de-4411", answer: `{"access_token":"q7Rk.20-aB"}`},
			{method: "GET", path: "/me", header: bearer},
		}, []string{isStart, token, "Tasks: []load.Task[appUser]{\n\t\t{Run: (*appUser).getMe},"}, "q7Rk"},
		{"and what a visitor looks at before is no part of it", slices.Concat(looks, []visit{
			{gap: time.Second, method: "GET", path: "/csrf", answer: `{"csrf":"c5rf-77"}`},
			{gap: time.Second, method: "GET", path: "/thing/42"},
			{gap: time.Second, method: "GET", path: "/login", kind: "document"},
			{gap: time.Second, method: "POST", path: "/login", body: "csrf=c5rf-77&user=ann&password=hunter2hunter2", answer: `{"token":"q7Rk.20-aB"}`},
			{gap: time.Second, method: "GET", path: "/me", header: bearer},
		}), []string{isStart, `"Bearer "+v.token`, "signIn(u *load.User) error { resp := u.Get(\"/csrf\")", "u.Get(\"/login\")", `{Run: (*appUser).getThing}`, `{Run: (*appUser).getThing12}, {Run: (*appUser).getMe}`}, "hunter2"},
		{"but not by passengers", []visit{
			{method: "POST", path: "/search", body: `{"passengers":2}`, answer: `{}`},
			{gap: time.Second, method: "GET", path: "/offers"},
		}, []string{"(*appUser).postSearch"}, "OnStart"},
		{"but not where it is all that was done", []visit{
			{method: "GET", path: "/login", kind: "document"},
			{method: "POST", path: "/login", body: "user=ann&password=hunter2hunter2"},
		}, []string{"(*appUser).openLogin"}, "OnStart"},
		{"but not by a password that was refused", []visit{
			{method: "POST", path: "/login", body: "user=ann&password=wrong-one-1", status: 401},
			{gap: time.Second, method: "POST", path: "/login", body: "user=ann&password=hunter2hunter2", answer: `{"token":"q7Rk.20-aB"}`},
			{gap: time.Second, method: "GET", path: "/me", header: bearer},
		}, []string{isStart, token, "Tasks: []load.Task[appUser]{\n\t\t{Run: (*appUser).getMe},"}, "hunter2"},
	} {
		got, err := HAR(archive(t, tt.visits...), Options{Name: "app"})
		if err != nil {
			t.Errorf("%s: %v", tt.claim, err)
			continue
		}
		parses(t, got)
		code := string(got.Scenario)
		for _, want := range tt.want {
			if !strings.Contains(code, want) && !strings.Contains(strings.Join(strings.Fields(code), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("signing in is recognised %s: no\n%s\nin\n%s", tt.claim, want, code)
			}
		}
		if strings.Contains(code, tt.not) || tt.not != "OnStart" && strings.Contains(string(got.Test), tt.not) {
			t.Errorf("signing in is recognised %s: there is %s in\n%s\n%s", tt.claim, tt.not, code, got.Test)
		}
	}
}
