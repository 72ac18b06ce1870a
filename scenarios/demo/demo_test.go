package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// A visitor is one user of the API under test.
type visitor struct {
	api   http.Handler
	token string
}

// send returns the answer to a request, with the visitor's token if there is one.
func (v visitor) send(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	w := httptest.NewRecorder()
	v.api.ServeHTTP(w, r)
	return w
}

// signIn registers a user and logs in. It fails the test if either fails, with
// or without the bug.
func signIn(t testing.TB, api http.Handler, email string) visitor {
	t.Helper()
	v := visitor{api: api}
	w := v.send("POST", "/api/v1/auth/register", fmt.Sprintf(`{"email":%q,"password":"abcdefghi"}`, email))
	if w.Code != http.StatusCreated {
		t.Errorf("register %s: status %d, want 201: %s", email, w.Code, w.Body)
	}
	form := url.Values{"username": {email}, "password": {"abcdefghi"}}
	w = v.send("POST", "/api/v1/auth/token", form.Encode())
	if w.Code != http.StatusOK {
		t.Errorf("token for %s: status %d, want 200: %s", email, w.Code, w.Body)
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &session); err != nil || session.AccessToken == "" {
		t.Errorf("token for %s: no access_token (%v): %s", email, err, w.Body)
	}
	v.token = session.AccessToken
	return v
}

// addCity returns the id of a new city.
func (v visitor) addCity(t testing.TB, name string) string {
	t.Helper()
	w := v.send("POST", "/api/v1/cities", fmt.Sprintf(`{"name":%q}`, name))
	if w.Code != http.StatusCreated {
		t.Errorf("POST city %s: status %d, want 201: %s", name, w.Code, w.Body)
	}
	var made struct{ Data struct{ ID string } }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.Data.ID == "" {
		t.Errorf("POST city %s: no id (%v): %s", name, err, w.Body)
	}
	return made.Data.ID
}

func TestRoutes(t *testing.T) {
	const (
		register = "/api/v1/auth/register"
		token    = "/api/v1/auth/token"
		cities   = "/api/v1/cities"
	)
	for _, bug := range []bool{false, true} {
		api := New(Options{Bug: bug})
		nobody := visitor{api: api}
		ann, bob := signIn(t, api, "ann@demo.test"), signIn(t, api, "bob@demo.test")
		rome, oslo := ann.addCity(t, "Rome"), bob.addCity(t, "Oslo")
		oran := ann.addCity(t, "Oran")
		forger := visitor{api, ann.token[:10] + "AAAA" + ann.token[14:]}
		large := strings.Repeat("x", maxBody+1)

		for _, tt := range []struct {
			name         string
			as           visitor
			method, path string
			body         string
			status       int
			contains     string
			absent       string
		}{
			{"front", nobody, "GET", "/", "", 200, fmt.Sprintf(`"bug":%t`, bug), "detail"},
			{"unknown path", nobody, "GET", "/nowhere", "", 404, `{"detail":"not found"}`, ""},
			{"wrong method", nobody, "DELETE", cities, "", 405, `{"detail":"method not allowed"}`, ""},

			{"register", nobody, "POST", register, `{"email":"eve@demo.test","password":"p"}`, 201, `"email":"eve@demo.test"}}`, "password"},
			{"register ignores the unknown", nobody, "POST", register, `{"email":"e@x","password":"p","age":9}`, 201, `{"data":{"id":"`, "age"},
			{"register again", nobody, "POST", register, `{"email":"ann@demo.test","password":"p"}`, 409, "already registered", "data"},
			{"register bad email", nobody, "POST", register, `{"email":"ann","password":"p"}`, 422, `["body","email"]`, `"password"`},
			{"register nothing", nobody, "POST", register, `{}`, 422, `["body","password"]`, ""},
			{"register null", nobody, "POST", register, `null`, 422, `["body","email"]`, ""},
			{"register list", nobody, "POST", register, `[]`, 422, `must be an object, not array`, ""},
			{"register number", nobody, "POST", register, `{"email":7}`, 422, `{"loc":["body","email"],"msg":"must be a string, not number"}`, ""},
			{"register half", nobody, "POST", register, `{"email":`, 422, `{"loc":["body"],"msg":"is not valid JSON`, ""},
			{"register empty", nobody, "POST", register, ``, 422, `["body"]`, ""},
			{"register large", nobody, "POST", register, large, 413, "larger than 16384 bytes", ""},

			{"token", nobody, "POST", token, "username=ann%40demo.test&password=abcdefghi", 200, `"token_type":"bearer"`, "detail"},
			{"token wrong password", nobody, "POST", token, "username=ann%40demo.test&password=abc", 401, "incorrect username or password", "access_token"},
			{"token nobody", nobody, "POST", token, "username=nobody&password=abc", 401, "incorrect username or password", "access_token"},
			{"token JSON", nobody, "POST", token, `{"username":"ann@demo.test"}`, 422, `["body","username"]`, "access_token"},
			{"token half", nobody, "POST", token, "username=ann&password=%4", 422, "is not a valid form", "access_token"},

			{"create without token", nobody, "POST", cities, `{"name":"Lima"}`, 401, "not authenticated", "Lima"},
			{"create forged", forger, "POST", cities, `{"name":"Lima"}`, 401, "not authenticated", "Lima"},
			{"create", bob, "POST", cities, `{"name":"Łódź \"<i>\""}`, 201, `"name":"Łódź \"`, "owner"},
			{"create nameless", ann, "POST", cities, `{"name":""}`, 422, `{"loc":["body","name"],"msg":"is required"}`, ""},
			{"create long", ann, "POST", cities, `{"name":"` + large[:maxCityName+1] + `"}`, 422, "longer than 200 bytes", ""},

			{"read", ann, "GET", cities + "/" + rome, "", 200, `{"data":{"id":"` + rome + `","name":"Rome"}}`, ""},
			{"read another's", ann, "GET", cities + "/" + oslo, "", 404, `{"detail":"city not found"}`, "Oslo"},
			{"read unknown", ann, "GET", cities + "/00000000-0000-4000-8000-000000000000", "", 404, "city not found", ""},
			{"read no id", ann, "GET", cities + "/rome", "", 404, "city not found", ""},
			{"read without token", nobody, "GET", cities + "/" + rome, "", 401, "not authenticated", "Rome"},

			{"list newest first", ann, "GET", cities, "", 200, `{"data":[{"id":"` + oran + `","name":"Oran"},{"id":"` + rome + `","name":"Rome"}]}`, ""},
			{"list without token", nobody, "GET", cities, "", 401, "not authenticated", "Rome"},
		} {
			t.Run(fmt.Sprintf("bug=%t/%s", bug, tt.name), func(t *testing.T) {
				w := tt.as.send(tt.method, tt.path, tt.body)
				got := w.Body.String()
				if w.Code != tt.status {
					t.Errorf("%s %s: status %d, want %d: %s", tt.method, tt.path, w.Code, tt.status, got)
				}
				if !strings.Contains(got, tt.contains) {
					t.Errorf("%s %s: got %s, want it to contain %s", tt.method, tt.path, got, tt.contains)
				}
				if tt.absent != "" && strings.Contains(got, tt.absent) {
					t.Errorf("%s %s: got %s, want it without %s", tt.method, tt.path, got, tt.absent)
				}
				if kind := w.Header().Get("Content-Type"); kind != "application/json" || !json.Valid(w.Body.Bytes()) {
					t.Errorf("%s %s: got %s of type %q, want JSON", tt.method, tt.path, got, kind)
				}
			})
		}
	}
}

func TestNewUserListIsEmptyNotNull(t *testing.T) {
	ann := signIn(t, New(Options{}), "ann@demo.test")
	if got := ann.send("GET", "/api/v1/cities", "").Body.String(); got != `{"data":[]}` {
		t.Errorf(`GET cities: got %s, want {"data":[]}`, got)
	}
}

func TestRefusalsSayWhatWouldDo(t *testing.T) {
	nobody := visitor{api: New(Options{})}
	if got := nobody.send("PUT", "/api/v1/cities", "").Header().Get("Allow"); got != "POST, GET" {
		t.Errorf("PUT cities: Allow is %q, want \"POST, GET\"", got)
	}
	if got := nobody.send("GET", "/api/v1/cities", "").Header().Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("GET cities: WWW-Authenticate is %q, want \"Bearer\"", got)
	}
}
