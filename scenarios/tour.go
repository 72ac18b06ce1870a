package scenarios

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A visitor is the state of one user of the tour. Each user begins with a zero
// visitor and shares it with nobody, so there is nothing to lock.
type visitor struct {
	email, password string
	added           string // id of the city added last
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

	OnStart: (*visitor).arrive, // before the first task; tried again while it fails
	OnStop:  (*visitor).leave,  // after the last one

	// A user does these for ever, picked by weight. Tags choose among them:
	// --tags read leaves out all others.
	Tasks: []load.Task[visitor]{
		{Run: (*visitor).look, Weight: 10, Tags: []string{"read"}},
		{Run: (*visitor).list, Weight: 5, Tags: []string{"read"}},
		{Name: "add a city", Weight: 3, Tags: []string{"write"}, Steps: []load.Task[visitor]{
			{Run: (*visitor).add},      // in order, with the wait in between;
			{Run: (*visitor).readBack}, // an error ends the task
		}},
		{Run: (*visitor).blunder, Tags: []string{"write"}},
		{Run: (*visitor).ping, Tags: []string{"tcp"}},
	},
}

// arrive registers and logs in.
func (v *visitor) arrive(u *load.User) error {
	// Unique texts differ between users, calls and runs.
	v.email, v.password = u.Unique("visitor")+"@tour.test", "correct horse"

	// Expect replaces the rule that a status below 400 is a success. An error that
	// is returned ends the task; it is in the table already.
	account := map[string]string{"email": v.email, "password": v.password}
	if err := u.Post("/api/v1/auth/register", load.JSON(account)).Expect(http.StatusCreated).Err(); err != nil {
		return err
	}

	// A response can be judged until the user's next request. Failf groups
	// failures by its format, so what differs belongs into the arguments.
	var session struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	resp := u.Post("/api/v1/auth/token", load.Form("username", v.email, "password", v.password))
	if err := resp.JSON(&session); err != nil {
		return err
	}
	if session.Type != "bearer" {
		return resp.Failf("token is of type %q, want bearer", session.Type)
	}

	// The user's header goes with all of its requests, and so do its cookies.
	u.Header.Set("Authorization", "Bearer "+session.Token)
	return nil
}

// look opens the front page. Errors need not be looked at to be counted: this is
// a whole task.
func (*visitor) look(u *load.User) error {
	u.Get("/", load.Header("Accept", "application/json"), load.Timeout(5*time.Second))
	return nil
}

// list reads the visitor's own cities. The query is no part of the row's name.
func (*visitor) list(u *load.User) error {
	var cities struct{ Data []city }
	resp := u.Get("/api/v1/cities", load.Query("limit", "10", "sort", "newest"))
	if resp.Status() == http.StatusUnauthorized {
		return load.StopUser // its account is gone; load.StopRun would end the whole run
	}
	if err := resp.JSON(&cities); err != nil {
		return err
	}
	for _, c := range cities.Data {
		if c.ID == "" {
			return resp.Failf("city %q has no id", c.Name)
		}
	}
	return nil
}

// add adds a city and remembers its id for the next step.
func (v *visitor) add(u *load.User) error {
	var made cityAnswer
	resp := u.Post("/api/v1/cities", load.JSON(city{Name: u.Unique("city")})).Expect(http.StatusCreated)
	if err := resp.JSON(&made); err != nil {
		return err
	}
	if made.Data == nil || made.Data.ID == "" {
		return resp.Failf("answer has no data.id")
	}
	v.added = made.Data.ID

	// Time to think within a task. Its error says that the user has been told to
	// stop, which is neither a failure nor an exception.
	return u.Pause(100 * time.Millisecond)
}

// readBack reads the city of the step before. All ids share one row by Name.
func (v *visitor) readBack(u *load.User) error {
	return u.Get("/api/v1/cities/"+url.PathEscape(v.added), load.Name("/api/v1/cities/{id}")).Err()
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

// leave is the last word. It has a moment even when the run is being stopped.
func (*visitor) leave(u *load.User) error {
	return u.Get("/", load.Name("/ (goodbye)"), load.Header("Connection", "close")).Err()
}
