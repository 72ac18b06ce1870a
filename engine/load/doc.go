// Package load is what scenarios are written in. This page is a tutorial, to be
// read from top to bottom; all of its code is in the examples and runs as a test.
//
// # A scenario
//
// A scenario says what one kind of user does. It is a literal, so everything about
// it can be read, checked and shown before anything runs. Its users are values of
// a type of yours, and what they do are methods of that type:
//
//	type reader struct{}
//
//	func (*reader) front(u *load.User) error {
//		u.Get("/")
//		return nil
//	}
//
//	var reading = load.Scenario[reader]{
//		Name:  "reading",
//		Host:  "http://127.0.0.1:8020",
//		Tasks: []load.Task[reader]{{Run: (*reader).front}},
//	}
//
// Each user is a goroutine that does one task after the other until it is told to
// stop. Put the scenario in a [Suite], and the suite in a main function like that
// of cmd/gregaria, and it can be run.
//
// # Requests
//
// A [User] is to a scenario what *testing.T is to a test: the handle on everything
// a user has. It sends a request, reads the whole answer and measures both. What
// the request carries are options:
//
//	u.Get("/search", load.Query("q", "sea shells", "page", "2"))
//	u.Post("/articles", load.JSON(map[string]string{"title": "Sea shells"}))
//	u.Post("/login", load.Form("name", "ann", "password", "secret"))
//	u.Put("/picture", load.Body("image/gif", []byte("GIF89a")), load.Timeout(10*time.Second))
//	u.Do("PURGE", "/articles/7", load.Header("Fastly-Key", "k"), load.Name("/articles/{id}"))
//
// Requests are shown in rows, by method and name. The name is the path as the task
// wrote it, without what [Query] adds. When a path holds an id, [Name] puts all ids
// in one row.
//
// Cookies are kept, redirects followed, and connections kept open, for each user
// by itself. What every request of a user shall carry goes into its header:
//
//	u.Header.Set("Authorization", "Bearer "+token)
//
// # Success and failure
//
// A request fails without an answer, or with a status of 400 or more. That needs no
// code: u.Get("/") alone is counted whole. A scenario can know better.
// [Response.Expect] replaces the rule, [Response.JSON] fails the request unless the
// body can be decoded, and [Response.Failf] fails it for any reason there is:
//
//	resp := u.Get("/articles/7").Expect(http.StatusOK)
//	var article struct{ Title string }
//	if err := resp.JSON(&article); err != nil {
//		return err
//	}
//	if article.Title != "Sea shells" {
//		return resp.Failf("title is %q", article.Title)
//	}
//
// One request is one sample. It is measured when it is sent but recorded when the
// user makes its next request, pauses or ends the task; until then it can be
// judged. Judging it later is a mistake, and panics.
//
// Failures are counted by row and format: the titles above would all be in one
// line, with the latest as the example.
//
// # Errors
//
// A task ends by returning, and an error says why it returned early. A [*Failure],
// which is what all the methods above return, has been counted with its request;
// nothing else happens. Any other error, and a panic, is about the scenario's own
// code and goes to the exceptions. Either way the user carries on with its next
// task. Two errors end more than a task: [StopUser] ends its user, [StopRun] the
// whole run. [ErrStopped] says that the user has been told to stop; return it.
//
// # State
//
// The type parameter is the state of one user: each begins with a zero value and
// shares it with nobody. OnStart is where it logs in, OnStop where it says goodbye.
// [User.Unique] makes names that no other user has made or will make:
//
//	type member struct {
//		name string
//		read int
//	}
//
//	func (m *member) join(u *load.User) error {
//		m.name = u.Unique("member")
//		return u.Post("/members", load.Form("name", m.name)).Expect(http.StatusCreated).Err()
//	}
//
//	func (m *member) open(u *load.User) error {
//		m.read++
//		return u.Get("/articles", load.Query("page", strconv.Itoa(m.read))).Err()
//	}
//
//	var membership = load.Scenario[member]{
//		Name:    "membership",
//		OnStart: (*member).join,
//		Tasks:   []load.Task[member]{{Run: (*member).open}},
//	}
//
// A user whose OnStart fails does no task. It waits and tries again, with longer
// and longer waits, and is shown as not started: a target that cannot log users in
// must not pass for one that bears the load.
//
// # Tasks
//
// Tasks are picked at random, by weight. A task may have steps instead of a
// function: they run in order, and an error ends the task. Tags choose tasks from
// the command line. [Wait] is the pause after each task and step:
//
//	var shopping = load.Scenario[shopper]{
//		Name: "shopping",
//		Wait: load.Between(1*time.Second, 3*time.Second),
//		Tasks: []load.Task[shopper]{
//			{Run: (*shopper).browse, Weight: 10, Tags: []string{"read"}},
//			{Name: "checkout", Tags: []string{"write"}, Steps: []load.Task[shopper]{
//				{Run: (*shopper).fill}, {Run: (*shopper).pay},
//			}},
//		},
//	}
//
// [Constant] and [Between] are times to think. [Pacing] and [Throughput] start tasks
// at a rate, so that a slow target is asked as often as a quick one, as far as the
// number of users allows. [User.Pause] is a pause within a task.
//
// # Parameters
//
// A [Param] is a value that whoever starts the run can set, on the command line, in
// the form or in the API:
//
//	var depth = load.Param[int]{Name: "depth", Default: 1, Help: "how many pages to turn"}
//
// List it in Scenario.Params and read it with depth.Of(u).
//
// # Other protocols
//
// [User.Measure] times a client of your own. What it measures is a sample like any
// other:
//
//	err := u.Measure("SMTP", "greeting", func(ctx context.Context) (size int64, err error) {
//		line, err := greet(ctx)
//		return int64(len(line)), err
//	})
//
// # Testing a scenario
//
// A scenario is code, and package loadtest runs it in an ordinary test: against an
// http.Handler, without a network, in no time.
package load
