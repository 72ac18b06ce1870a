// Package demo is a small API to practise load testing on, and the target of
// the cities scenario: people register, log in, add cities and read them back.
//
// Asked to, it has the bug that a test with one user cannot find. Its access
// manager keeps the current user in one field, and another request can
// overwrite that field before the first one has used it. Alone, every user
// reads back every city. In a crowd, cities are stored under somebody else's
// name, and reading them back answers 404.
//
// Everything is kept in memory, and only so much of it (see the constants
// beginning with max); nothing outlives the process.
package demo

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Options say which demo to run. The zero value is the one without the bug.
type Options struct {
	Bug bool // the current user is kept where another request can overwrite it
}

// An api is the demo as a set of handlers, with all that they share.
type api struct {
	bug      bool
	access   access
	signer   signer
	accounts accounts
	cities   cities
	query    func() // takes as long as the database would
}

// New returns the API, empty, as a handler.
func New(opts Options) http.Handler { return newAPI(opts).routes() }

func newAPI(opts Options) *api {
	a := &api{
		bug:      opts.Bug,
		access:   carried{},
		signer:   newSigner(),
		accounts: newAccounts(maxAccounts),
		cities:   newCities(maxCities),
		query:    databaseTime,
	}
	if opts.Bug {
		a.access = &remembered{}
	}
	return a
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	allow := map[string][]string{}
	for _, route := range []struct {
		method, path string
		handle       http.HandlerFunc
	}{
		{"GET", "/{$}", a.about},
		{"POST", "/api/v1/auth/register", a.register},
		{"POST", "/api/v1/auth/token", a.token},
		{"POST", "/api/v1/cities", a.signedIn(a.createCity)},
		{"GET", "/api/v1/cities", a.signedIn(a.listCities)},
		{"GET", "/api/v1/cities/{id}", a.signedIn(a.readCity)},
		{"GET", "/api/v1/news", a.news},
	} {
		mux.HandleFunc(route.method+" "+route.path, route.handle)
		allow[route.path] = append(allow[route.path], route.method)
	}
	// The mux would refuse in plain text; an API refuses in JSON.
	for path, methods := range allow {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			refuse(w, http.StatusMethodNotAllowed, "method not allowed")
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not found")
	})
	return mux
}

// about answers GET / with what this is, for whoever opens it in a browser.
func (a *api) about(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, struct {
		About     string   `json:"about"`
		Bug       bool     `json:"bug"`
		Endpoints []string `json:"endpoints"`
	}{
		About: "Gregaria's demo: an API to practise load testing on. All data is in memory and forgotten.",
		Bug:   a.bug,
		Endpoints: []string{
			"POST /api/v1/auth/register",
			"POST /api/v1/auth/token",
			"POST /api/v1/cities",
			"GET /api/v1/cities",
			"GET /api/v1/cities/{id}",
			"GET /api/v1/news",
		},
	})
}

// databaseTime sleeps as long as a quick query takes, bug or no bug, so that
// the two can be compared and other requests get in between. It takes no
// context: it is over before a cancelled one would be noticed.
func databaseTime() {
	const least, most = 300 * time.Microsecond, 1500 * time.Microsecond
	time.Sleep(least + rand.N(most-least))
}
