package scenarios

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A visitor is the state of one user of the tour. Each user begins with a copy of
// what open left and shares it with nobody, so there is nothing to lock.
type visitor struct {
	routes int    // of the target, counted by open
	mine   []city // the visitor's own cities, as far as it knows
	page   int    // of the album
}

// tour walks through the scenario language, and needs nothing but the
// demo API.
var tour = load.Scenario[visitor]{
	Name: "tour",
	Help: "a walk through the scenario language, for reading along",
	Host: "http://127.0.0.1:8020",

	// A pause after each task and step. See also load.Constant, load.Pacing,
	// load.Throughput and load.WaitFunc.
	Wait: load.Between(1*time.Second, 3*time.Second),

	Params: []load.Parameter{tourPatience}, // what whoever starts the run can set
	Feeds:  []load.Feeder{tourNames},       // data that users take

	Setup:    (*visitor).open,  // once, before the first user; when it fails there is no run
	Teardown: (*visitor).close, // once, after the last user

	OnStart: (*visitor).arrive, // before a user's first task; tried again while it fails
	OnStop:  (*visitor).leave,  // after its last

	Before: (*visitor).sign,  // before each request
	After:  (*visitor).judge, // after each

	// A user does these for ever, picked by weight. Tags choose among them:
	// --tags read leaves out all others.
	Tasks: []load.Task[visitor]{
		{Run: (*visitor).look, Weight: 10, Tags: []string{"read"}},
		{Run: (*visitor).list, Weight: 5, Tags: []string{"read"}},

		{Name: "add a city", Weight: 3, Tags: []string{"write"}, Steps: []load.Task[visitor]{
			{Run: (*visitor).add},      // in order, with the wait in between;
			{Run: (*visitor).readBack}, // an error ends the task
		}},

		// A set of its own: picked by weight, until one of them returns load.Leave.
		{Name: "album", Tags: []string{"read"},
			OnStart: (*visitor).openAlbum, OnStop: (*visitor).shutAlbum,
			Tasks: []load.Task[visitor]{
				{Run: (*visitor).turnPage, Weight: 4},
				{Run: (*visitor).goOn},
			}},

		// A chain: each says what may follow it, and how likely that is.
		{Name: "lobby", Tags: []string{"read"}, Wait: load.Constant(500 * time.Millisecond),
			Tasks: []load.Task[visitor]{
				{Run: (*visitor).look, Next: map[string]int{"news": 3, "goOn": 1}},
				{Run: (*visitor).news, Next: map[string]int{"look": 1, "goOn": 1}},
				{Run: (*visitor).goOn, Next: map[string]int{"look": 1}},
			}},

		{Run: (*visitor).blunder, Tags: []string{"write"}},
		{Run: (*visitor).ping, Tags: []string{"tcp"}},
	},

	// Also there: Count for so many users exactly, Weight for a share of them,
	// Iterations for users that come to an end, Protocol for HTTP/2.
}

var (
	// A run sets it with --tour-patience 1s, in the form, or in the API. A parameter may
	// also have Choices, a Check, or be a Secret.
	tourPatience = load.Param[time.Duration]{Name: "tour-patience", Default: 5 * time.Second, Help: "an answer that takes longer is a failure"}

	// Rows may also come from load.CSVFile and load.JSONFile, and may be structs. The
	// Policy says who gets which: here the next one, for each call.
	tourNames = load.Feed[string]{Name: "names of cities", Source: load.Listed("Lima", "Łódź", "Oslo", "Rome"), Policy: load.Circular}
)

// open makes sure that the target is the one meant. Users begin with a copy of the
// state it leaves.
func (v *visitor) open(u *load.User) error {
	var api struct{ Endpoints []string }
	if err := u.Get("/", load.Name("/ (opening)")).JSON(&api); err != nil {
		return err
	}
	if !slices.Contains(api.Endpoints, "GET /api/v1/news") {
		return load.StopRun("the target is not gregaria's demo API: start that with --demo")
	}
	v.routes = len(api.Endpoints)
	return nil
}

// sign changes a request before it is sent: here it gets an id. Unique texts differ
// between users, calls and runs.
func (*visitor) sign(u *load.User, r *load.Request) error {
	r.SetHeader("X-Request-Id", u.Unique("tour"))
	return nil
}

// judge has a word about every answer.
func (*visitor) judge(u *load.User, resp *load.Response) {
	if most := tourPatience.Of(u); resp.Took() > most {
		resp.Failf("took more than %s", most)
	}
}

// arrive registers and logs in. A group times several requests together, in a row
// of its own.
func (*visitor) arrive(u *load.User) error {
	return u.Group("sign in", func() error {
		// Expect replaces the rule that a status below 400 is a success. An error
		// that is returned ends the task; it is in the table already.
		email, password := u.Unique("visitor")+"@tour.test", "correct horse"
		account := map[string]string{"email": email, "password": password}
		if err := u.Post("/api/v1/auth/register", load.JSON(account)).Expect(http.StatusCreated).Err(); err != nil {
			return err
		}

		// A response can be judged until the user's next request. Failf groups
		// failures by its format, so what differs belongs into the arguments.
		var session struct {
			Token string `json:"access_token"`
			Type  string `json:"token_type"`
		}
		resp := u.Post("/api/v1/auth/token", load.Form("username", email, "password", password))
		if err := resp.JSON(&session); err != nil {
			return err
		}
		if session.Type != "bearer" {
			return resp.Failf("token is of type %q, want bearer", session.Type)
		}

		// The user's header goes with all of its requests, and so do its cookies.
		u.Header.Set("Authorization", "Bearer "+session.Token)
		return nil
	})
}

// look opens the front page. Errors need not be looked at to be counted: the first
// line is a whole task.
func (v *visitor) look(u *load.User) error {
	resp := u.Get("/", load.Header("Accept", "application/json"), load.Timeout(5*time.Second))
	if n := strings.Count(resp.Text(), "/api/"); resp.Err() == nil && n != v.routes {
		return resp.Failf("there are %d routes, want %d", n, v.routes)
	}
	return nil
}

// list reads the visitor's own cities. The query is no part of the row's name.
func (v *visitor) list(u *load.User) error {
	var cities struct{ Data []city }
	resp := u.Get("/api/v1/cities", load.Query("limit", "10", "sort", "newest"))
	if resp.Status() == http.StatusUnauthorized {
		return load.StopUser // its account is gone; load.StopRun would end the whole run
	}
	if err := resp.JSON(&cities); err != nil {
		return err
	}
	v.mine = cities.Data
	if len(v.mine) == 0 {
		resp.Rename("/api/v1/cities (none yet)") // a row that only the answer tells
		return u.Queue("add a city")             // what this user does next
	}
	return nil
}

// add adds a city, for the next step and the album.
func (v *visitor) add(u *load.User) error {
	name, err := tourNames.Of(u)
	if err != nil {
		return err // when there are no more
	}
	var made cityAnswer
	resp := u.Post("/api/v1/cities", load.JSON(city{Name: name})).Expect(http.StatusCreated)
	if err := resp.JSON(&made); err != nil {
		return err
	}
	if made.Data == nil || made.Data.ID == "" {
		return resp.Failf("answer has no data.id")
	}
	v.mine = append(v.mine, *made.Data)

	// Time to think within a task. Its error says that the user has been told to
	// stop, which is neither a failure nor an exception.
	return u.Pause(100 * time.Millisecond)
}

// readBack reads the city of the step before.
func (v *visitor) readBack(u *load.User) error { return v.read(u, v.mine[len(v.mine)-1]) }

// read reads a city. All ids share one row by Name.
func (*visitor) read(u *load.User, c city) error {
	return u.Get("/api/v1/cities/"+url.PathEscape(c.ID), load.Name("/api/v1/cities/{id}")).Err()
}

// openAlbum begins the set of the album. An error leaves it at once.
func (v *visitor) openAlbum(*load.User) error {
	if len(v.mine) == 0 {
		return load.Leave
	}
	return nil
}

func (v *visitor) turnPage(u *load.User) error {
	v.page++
	return v.read(u, v.mine[v.page%len(v.mine)])
}

// goOn leaves the set it is in. In a scenario's own set it would do nothing.
func (*visitor) goOn(*load.User) error { return load.Leave }

func (v *visitor) shutAlbum(*load.User) error {
	v.page = 0
	return nil
}

// news reads an answer while it comes, and hangs up after the third event. Its row
// shows the time to the first byte beside the whole.
func (*visitor) news(u *load.User) error {
	events := 0
	resp := u.Get("/api/v1/news", load.Each(func(part []byte) error {
		if events += bytes.Count(part, []byte("data:")); events >= 3 {
			return load.Enough // any other error would be a failure
		}
		return nil
	}))
	if resp.Err() == nil && resp.FirstByte() > time.Second {
		return resp.Failf("the first byte took more than a second")
	}
	return nil
}

// blunder sends what is no JSON at all. Here a 422 is the success, and anything
// else a failure, in a row of its own.
func (*visitor) blunder(u *load.User) error {
	return u.Post("/api/v1/cities",
		load.Body("application/json", []byte(`{"name": "Atlan`)),
		load.Name("/api/v1/cities (cut short)"),
	).Expect(http.StatusUnprocessableEntity).Err()
}

// ping measures with a client of its own: how long it takes to connect. The
// context ends when the user must stop.
func (*visitor) ping(u *load.User) error {
	host, err := url.Parse(u.Host())
	if err != nil {
		return err // no Failure, so it goes to the exceptions
	}
	port := host.Port()
	if port == "" {
		port = host.Scheme // net knows the ports of http and https
	}
	return u.Measure("TCP", "connect", func(ctx context.Context) (size int64, err error) {
		dialer := net.Dialer{Timeout: 5 * time.Second}
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host.Hostname(), port))
		if err != nil {
			return 0, err
		}
		return 0, conn.Close()
	})
}

// leave is a user's last word. It has a moment even when the run is being stopped.
func (*visitor) leave(u *load.User) error {
	return u.Get("/", load.Name("/ (goodbye)"), load.Header("Connection", "close")).Err()
}

// close is the last word of all. It has open's state.
func (v *visitor) close(u *load.User) error {
	return u.Get("/", load.Name("/ (closing)")).Err()
}
