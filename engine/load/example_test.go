package load_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

type reader struct{}

func (*reader) front(u *load.User) error {
	u.Get("/")
	return nil
}

var reading = load.Scenario[reader]{
	Name:  "reading",
	Host:  "http://127.0.0.1:8020",
	Tasks: []load.Task[reader]{{Run: (*reader).front}},
}

// The smallest scenario: users that open the front page.
func Example() {
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "Welcome") })
	show(reading, site, loadtest.Options{Users: 2, Rounds: 5})
	// Output:
	// GET /: 10 sent, 0 failed
}

// Everything a request can carry. Without Name, the row of a request is named by
// its path.
func ExampleUser_Do() {
	type editor struct{}
	editing := load.Scenario[editor]{Name: "editing", Tasks: []load.Task[editor]{{Name: "all", Run: func(_ *editor, u *load.User) error {
		u.Get("/search", load.Query("q", "sea shells", "page", "2"))
		u.Post("/articles", load.JSON(map[string]string{"title": "Sea shells"}))
		u.Post("/login", load.Form("name", "ann", "password", "secret"))
		u.Put("/picture", load.Body("image/gif", []byte("GIF89a")), load.Timeout(10*time.Second))
		u.Do("PURGE", "/articles/7", load.Header("Fastly-Key", "k"), load.Name("/articles/{id}"))
		return nil
	}}}}
	printer := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("%s %s %q\n", r.Method, r.RequestURI, body)
	})
	show(editing, printer, loadtest.Options{})
	// Output:
	// GET /search?q=sea+shells&page=2 ""
	// POST /articles "{\"title\":\"Sea shells\"}"
	// POST /login "name=ann&password=secret"
	// PUT /picture "GIF89a"
	// PURGE /articles/7 ""
	// POST /articles: 1 sent, 0 failed
	// PURGE /articles/{id}: 1 sent, 0 failed
	// POST /login: 1 sent, 0 failed
	// PUT /picture: 1 sent, 0 failed
	// GET /search: 1 sent, 0 failed
}

// A token that every request of a user carries from now on.
func ExampleUser_header() {
	type caller struct{}
	calling := load.Scenario[caller]{
		Name: "calling",
		OnStart: func(_ *caller, u *load.User) error {
			token := u.Get("/token").Text()
			u.Header.Set("Authorization", "Bearer "+token)
			return nil
		},
		Tasks: []load.Task[caller]{{Name: "secret", Run: func(_ *caller, u *load.User) error {
			return u.Get("/secret").Err()
		}}},
	}
	api := http.NewServeMux()
	api.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "t0ken") })
	api.HandleFunc("GET /secret", func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.Header.Get("Authorization")) })
	show(calling, api, loadtest.Options{})
	// Output:
	// Bearer t0ken
	// GET /secret: 1 sent, 0 failed
	// GET /token: 1 sent, 0 failed
}

// A request can be judged until the user's next one.
func ExampleResponse() {
	type checker struct{}
	checking := load.Scenario[checker]{Name: "checking", Tasks: []load.Task[checker]{{Name: "check", Run: func(_ *checker, u *load.User) error {
		resp := u.Get("/articles/7").Expect(http.StatusOK)
		var article struct{ Title string }
		if err := resp.JSON(&article); err != nil {
			return err
		}
		if article.Title != "Sea shells" {
			return resp.Failf("title is %q", article.Title)
		}
		return nil
	}}}}
	n := 0
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n++; n {
		case 1:
			io.WriteString(w, `{"title": "Sea shells"}`)
		case 2:
			io.WriteString(w, `{"title": "See shelves"}`)
		case 3:
			io.WriteString(w, `<html>`)
		default:
			http.Error(w, "gone for lunch", http.StatusServiceUnavailable)
		}
	})
	show(checking, api, loadtest.Options{Rounds: 5})
	// Output:
	// GET /articles/7: 5 sent, 4 failed
	// GET /articles/7: 1 of 5 failed: body is not the JSON expected: invalid character '<' looking for beginning of value: <html>
	// GET /articles/7: 2 of 5 failed: status 503, expected 200: gone for lunch
	// GET /articles/7: 1 of 5 failed: title is "See shelves"
}

// Expect works both ways: here a 404 is the success.
func ExampleResponse_Expect() {
	type prober struct{}
	probing := load.Scenario[prober]{Name: "probing", Tasks: []load.Task[prober]{{Name: "probe", Run: func(_ *prober, u *load.User) error {
		u.Get("/.git/config").Expect(http.StatusForbidden, http.StatusNotFound)
		return nil
	}}}}
	show(probing, http.NotFoundHandler(), loadtest.Options{})
	// Output:
	// GET /.git/config: 1 sent, 0 failed
}

// The answer says where a request belongs.
func ExampleResponse_Rename() {
	type searcher struct{}
	searching := load.Scenario[searcher]{Name: "searching", Tasks: []load.Task[searcher]{{Name: "search", Run: func(_ *searcher, u *load.User) error {
		resp := u.Get("/search", load.Query("q", "sea shells"))
		if resp.Header("X-Cache") == "hit" {
			resp.Rename("/search (cached)")
		}
		return resp.Err()
	}}}}
	n := 0
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 1 {
			w.Header().Set("X-Cache", "hit")
		}
	})
	show(searching, site, loadtest.Options{Rounds: 3})
	// Output:
	// GET /search: 1 sent, 0 failed
	// GET /search (cached): 2 sent, 0 failed
}

// Two requests that belong together, in a row of their own.
func ExampleUser_Group() {
	type buyer struct{}
	buying := load.Scenario[buyer]{Name: "buying", Tasks: []load.Task[buyer]{{Name: "buy", Run: func(_ *buyer, u *load.User) error {
		err := u.Group("checkout", func() error {
			u.Post("/cart")
			u.Pause(50 * time.Millisecond) // the page draws itself
			return u.Post("/pay").Err()
		})
		return err
	}}}}
	n := 0
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 2 {
			w.WriteHeader(http.StatusPaymentRequired)
		}
	})
	show(buying, shop, loadtest.Options{Rounds: 2})
	// Output:
	// POST /cart: 2 sent, 0 failed
	// POST /pay: 2 sent, 1 failed
	// GROUP checkout: 2 sent, 1 failed
	// POST /pay: 1 of 2 failed: status 402
	// GROUP checkout: 1 of 2 failed: POST /pay failed: status 402
}

type signer struct{ key []byte }

func (*signer) order(u *load.User) error { return u.Post("/orders", load.Form("n", "1")).Err() }

var signed = load.Scenario[signer]{
	Name:   "signed",
	Before: (*signer).sign,
	After:  (*signer).judge,
	Tasks:  []load.Task[signer]{{Run: (*signer).order}},
}

func (s *signer) sign(u *load.User, r *load.Request) error {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(r.Body)
	r.SetHeader("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	return nil
}

func (*signer) judge(u *load.User, r *load.Response) {
	if r.Header("X-Degraded") != "" {
		r.Failf("answered by the reserve")
	}
}

// What is done with every request.
func ExampleScenario_hooks() {
	n := 0
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			fmt.Println(r.Header.Get("X-Signature")[:8])
			w.Header().Set("X-Degraded", "yes")
		}
	})
	show(signed, shop, loadtest.Options{Rounds: 3})
	// Output:
	// 75fd310a
	// POST /orders: 3 sent, 1 failed
	// POST /orders: 1 of 3 failed: answered by the reserve
}

// Ten events of a stream that has no end.
func ExampleEach() {
	type listener struct{}
	listening := load.Scenario[listener]{Name: "listening", Tasks: []load.Task[listener]{{Name: "listen", Run: func(_ *listener, u *load.User) error {
		events := 0
		resp := u.Get("/events", load.Each(func(part []byte) error {
			if events += bytes.Count(part, []byte("\n\n")); events < 10 {
				return nil
			}
			return load.Enough
		}))
		fmt.Println(events, "events")
		return resp.Err()
	}}}}
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			io.WriteString(w, "data: tick\n\n")
			w.(http.Flusher).Flush()
		}
	})
	show(listening, site, loadtest.Options{})
	// Output:
	// 10 events
	// GET /events: 1 sent, 0 failed
}

func greet(context.Context) (string, error) { return "220 mail.example.com\r\n", nil }

// A client of the scenario's own.
func ExampleUser_Measure() {
	type postman struct{}
	mail := load.Scenario[postman]{Name: "mail", Tasks: []load.Task[postman]{{Name: "greet", Run: func(_ *postman, u *load.User) error {
		err := u.Measure("SMTP", "greeting", func(ctx context.Context) (size int64, err error) {
			line, err := greet(ctx)
			return int64(len(line)), err
		})
		return err
	}}}}
	show(mail, http.NotFoundHandler(), loadtest.Options{})
	// Output:
	// SMTP greeting: 1 sent, 0 failed
}

// Plan reports all mistakes at once, and so does Suite.Plans.
func ExampleScenario_Plan() {
	_, err := load.Scenario[reader]{
		Name: "typos",
		Host: "http:127.0.0.1:8020",
		Wait: load.Between(3*time.Second, 1*time.Second),
	}.Plan()
	fmt.Println(err)
	// Output:
	// scenario typos: Host: "http:127.0.0.1:8020" has no // after http: — write http://127.0.0.1:8020
	// scenario typos: Wait: Between(3s, 1s): want 0 ≤ from ≤ to
	// scenario typos: Tasks is empty: a user needs something to do
}
