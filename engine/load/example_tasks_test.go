package load_test

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

type member struct {
	name string
	read int
}

func (m *member) join(u *load.User) error {
	m.name = u.Unique("member")
	return u.Post("/members", load.Form("name", m.name)).Expect(http.StatusCreated).Err()
}

func (m *member) open(u *load.User) error {
	m.read++
	return u.Get("/articles", load.Query("page", strconv.Itoa(m.read))).Err()
}

var membership = load.Scenario[member]{
	Name:    "membership",
	OnStart: (*member).join,
	Tasks:   []load.Task[member]{{Run: (*member).open}},
}

// Users with a state of their own.
func ExampleScenario() {
	site := http.NewServeMux()
	site.HandleFunc("POST /members", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	site.HandleFunc("GET /articles", func(_ http.ResponseWriter, r *http.Request) { fmt.Println("page", r.FormValue("page")) })
	show(membership, site, loadtest.Options{Rounds: 2})
	// Output:
	// page 1
	// page 2
	// GET /articles: 2 sent, 0 failed
	// POST /members: 1 sent, 0 failed
}

type speaker struct{ room string }

func (s *speaker) open(u *load.User) error {
	s.room = u.Post("/rooms").Text()
	return nil
}

func (s *speaker) say(u *load.User) error {
	return u.Post("/rooms/"+s.room, load.Name("/rooms/{id}"), load.Form("text", "hello")).Err()
}

func (s *speaker) close(u *load.User) error { return u.Delete("/rooms/" + s.room).Err() }

var chat = load.Scenario[speaker]{
	Name:     "chat",
	Setup:    (*speaker).open,
	Teardown: (*speaker).close,
	Tasks:    []load.Task[speaker]{{Run: (*speaker).say}},
}

// What is there for all users, made once.
func ExampleScenario_setup() {
	rooms := http.NewServeMux()
	rooms.HandleFunc("POST /rooms", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "r7") })
	rooms.HandleFunc("POST /rooms/r7", func(http.ResponseWriter, *http.Request) {})
	rooms.HandleFunc("DELETE /rooms/r7", func(http.ResponseWriter, *http.Request) {})
	show(chat, rooms, loadtest.Options{Users: 3})
	// Output:
	// POST /rooms: 1 sent, 0 failed
	// DELETE /rooms/r7: 1 sent, 0 failed
	// POST /rooms/{id}: 3 sent, 0 failed
}

type shopper struct{}

func (*shopper) browse(u *load.User) error { return u.Get("/").Err() }
func (*shopper) fill(u *load.User) error   { return u.Post("/cart").Err() }
func (*shopper) pay(u *load.User) error    { return u.Post("/pay").Err() }

var shopping = load.Scenario[shopper]{
	Name: "shopping",
	Wait: load.Between(1*time.Second, 3*time.Second),
	Tasks: []load.Task[shopper]{
		{Run: (*shopper).browse, Weight: 10, Tags: []string{"read"}},
		{Name: "checkout", Tags: []string{"write"}, Steps: []load.Task[shopper]{
			{Run: (*shopper).fill}, {Run: (*shopper).pay},
		}},
	},
}

// Nobody pays whose cart is refused: an error ends the steps.
func ExampleTask_steps() {
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cart" {
			w.WriteHeader(http.StatusConflict)
		}
	})
	show(shopping, shop, loadtest.Options{})
	// Output:
	// GET /: 1 sent, 0 failed
	// POST /cart: 1 sent, 1 failed
	// POST /cart: 1 of 1 failed: status 409
}

var visits = load.Scenario[reader]{
	Name:       "visits",
	Iterations: 1, // everybody comes once
	Tasks:      []load.Task[reader]{{Run: (*reader).front}},
}

// Users that come and go.
func ExampleScenario_iterations() {
	show(visits, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), loadtest.Options{Users: 2})
	// Output:
	// GET /: 2 sent, 0 failed
}

type guest struct{}

func (*guest) front(u *load.User) error { return u.Get("/").Err() }
func (*guest) enter(u *load.User) error { return u.Get("/threads/7").Err() }
func (*guest) read(u *load.User) error  { return u.Get("/threads/7/new").Err() }

func (*guest) reply(u *load.User) error {
	if u.Post("/replies").Expect(http.StatusCreated, http.StatusConflict).Status() == http.StatusConflict {
		return u.Queue("read") // somebody was quicker: read it first
	}
	return nil
}

var forum = load.Scenario[guest]{
	Name: "forum",
	Wait: load.Constant(10 * time.Second),
	Tasks: []load.Task[guest]{
		{Run: (*guest).front, Weight: 3},
		{Name: "thread", Wait: load.Constant(2 * time.Second), OnStart: (*guest).enter, Tasks: []load.Task[guest]{
			{Run: (*guest).read, Weight: 9},
			{Run: (*guest).reply},
			{Run: (*guest).leave},
		}},
	},
}

func (*guest) leave(*load.User) error { return load.Leave }

// A set within the scenario's own.
func ExampleTask_sets() {
	board := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusConflict)
		}
		fmt.Println(r.Method, r.URL)
	})
	show(forum, board, loadtest.Options{})
	// Output:
	// GET /
	// GET /threads/7
	// GET /threads/7/new
	// POST /replies
	// GET /threads/7/new
	// GET /: 1 sent, 0 failed
	// POST /replies: 1 sent, 0 failed
	// GET /threads/7: 1 sent, 0 failed
	// GET /threads/7/new: 2 sent, 0 failed
}

type traveller struct{}

func (*traveller) search(u *load.User) error { return u.Get("/search").Err() }
func (*traveller) view(u *load.User) error   { return u.Get("/trains/7").Err() }
func (*traveller) book(u *load.User) error   { return u.Post("/bookings").Err() }

var journey = load.Scenario[traveller]{
	Name: "journey",
	Tasks: []load.Task[traveller]{
		{Run: (*traveller).search, Next: map[string]int{"search": 2, "view": 3}},
		{Run: (*traveller).view, Next: map[string]int{"search": 4, "book": 1}},
		{Run: (*traveller).book, Next: map[string]int{"search": 1}},
	},
}

// A Markov chain: nobody books without a view.
func ExampleTask_chain() {
	trains := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.URL) })
	show(journey, trains, loadtest.Options{})
	// Output:
	// /search
	// /trains/7
	// /bookings
	// POST /bookings: 1 sent, 0 failed
	// GET /search: 1 sent, 0 failed
	// GET /trains/7: 1 sent, 0 failed
}
