package load_test

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

var depth = load.Param[int]{Name: "depth", Default: 1, Help: "how many pages to turn"}

// A parameter, as with --depth 3.
func ExampleParam() {
	type leafer struct{}
	leafing := load.Scenario[leafer]{
		Name:   "leafing",
		Params: []load.Parameter{depth},
		Tasks: []load.Task[leafer]{{Name: "turn", Run: func(_ *leafer, u *load.User) error {
			for range depth.Of(u) {
				u.Get("/next")
			}
			return nil
		}}},
	}
	site := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	show(leafing, site, loadtest.Options{Params: map[string]string{"depth": "3"}})
	// Output:
	// GET /next: 3 sent, 0 failed
}

var (
	sorted = load.Param[string]{Name: "sort", Default: "new", Choices: []string{"new", "old", "best"}}
	apiKey = load.Param[string]{Name: "api-key", Secret: true, Help: "what to log in with"}
	size   = load.Param[int]{Name: "page-size", Default: 20, Check: func(n int) error {
		if n < 1 || n > 100 {
			return fmt.Errorf("%d is out of range — from 1 to 100", n)
		}
		return nil
	}}
)

// Values that are no good are refused before a run starts.
func ExampleParam_Parse() {
	for _, p := range []load.Parameter{sorted, apiKey, size} {
		spec := p.Spec()
		_, err := p.Parse("500")
		fmt.Printf("%s: default %q, %v\n", spec.Env, spec.Default, err)
	}
	// Output:
	// GREGARIA_SORT: default "new", "500" is not new, old or best
	// GREGARIA_API_KEY: default "", <nil>
	// GREGARIA_PAGE_SIZE: default "20", 500 is out of range — from 1 to 100
}

type customer struct{}

func (*customer) balance(u *load.User) error { return u.Get("/balance").Err() }

type login struct {
	Name     string `csv:"name"`
	Password string `csv:"password"`
}

var logins = load.Feed[login]{
	Name:   "logins",
	Source: load.CSVFile("testdata/logins.csv"),
	Policy: load.UniquePerUser,
	AtEnd:  load.EndUser,
}

func (*customer) signIn(u *load.User) error {
	row, err := logins.Of(u)
	if err != nil {
		return err // none is left for this user
	}
	return u.Post("/login", load.Form("name", row.Name, "password", row.Password)).Err()
}

var banking = load.Scenario[customer]{
	Name:    "banking",
	Feeds:   []load.Feeder{logins},
	OnStart: (*customer).signIn,
	Tasks:   []load.Task[customer]{{Run: (*customer).balance}},
}

// Two logins are enough for two of three users.
func ExampleFeed() {
	bank := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	show(banking, bank, loadtest.Options{Users: 3})
	// Output:
	// GET /balance: 2 sent, 0 failed
	// POST /login: 2 sent, 0 failed
}

var suite = load.Suite{
	Scenarios: []load.Planner{reading, shopping},
	Shapes: map[string]load.Shape{
		"lunch": load.Stages{
			{Duration: 10 * time.Minute, Target: 500}, // evenly up
			{Duration: time.Hour, Target: 500},
			{Duration: 5 * time.Minute, Target: 100, Step: true}, // down at once
		},
		"tide": load.ShapeFunc(func(t time.Duration) (level float64, on bool) {
			return 100 - 50*math.Cos(t.Hours()/12*2*math.Pi), t < 24*time.Hour
		}),
	},
	Checks: []string{"GET /cart p95 < 300ms", "fail% < 1"},
}

// Loads that change over time.
func ExampleSuite() {
	plans, err := suite.Plans()
	fmt.Println(len(plans), "scenarios,", err)
	for _, t := range []time.Duration{5 * time.Minute, 30 * time.Minute, 72 * time.Minute, 6 * time.Hour} {
		lunch, on := suite.Shapes["lunch"].Level(t)
		tide, _ := suite.Shapes["tide"].Level(t)
		fmt.Printf("%s: %.0f, %t; %.0f\n", t, lunch, on, tide)
	}
	// Output:
	// 2 scenarios, <nil>
	// 5m0s: 250, true; 50
	// 30m0s: 500, true; 52
	// 1h12m0s: 100, true; 60
	// 6h0m0s: 0, false; 150
}
