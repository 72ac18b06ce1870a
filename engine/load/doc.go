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
// of cmd/gregaria, and it can be run. Mistakes in a scenario are reported then, all at
// once.
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
// in one row. When only the answer tells where the request belongs, [Response.Rename]
// moves it:
//
//	resp := u.Get("/search", load.Query("q", "sea shells"))
//	if resp.Header("X-Cache") == "hit" {
//		resp.Rename("/search (cached)")
//	}
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
// Some of each kind of failure, and the slowest requests of each row, are kept in
// detail, to be looked at: who sent them while doing what, the header fields and the
// first 4 KB of the body, of the request as it was sent and of the answer. A body that
// is read with [Each] is not kept. What its name says is a secret is not kept either:
// Authorization and cookies; header fields, query parameters and fields of JSON, forms
// and XML that have password, secret, token, api_key, credential or signature in their
// names; user information in addresses. Nor is the value of a secret parameter, see
// below, wherever it stands. Rows and formats are kept as they are: put no secret there.
//
// # Errors
//
// A task ends by returning, and an error says why it returned early. A [*Failure],
// which is what all the methods above return, has been counted with its request;
// nothing else happens. Any other error, and a panic, is about the scenario's own
// code and goes to the exceptions. Either way the user carries on with its next
// task. Three errors end more than a task: [Leave] ends the set of tasks it is in, see
// below, [StopUser] its user, [StopRun] the whole run. [ErrStopped] says that the user
// has been told to stop; return it.
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
// Setup comes once, before the first user, and makes what all of them need. Each begins
// with a copy of its state; what that points to is shared. Teardown comes after the
// last user, with that state too:
//
//	type speaker struct{ room string }
//
//	func (s *speaker) open(u *load.User) error {
//		s.room = u.Post("/rooms").Text()
//		return nil
//	}
//
//	func (s *speaker) say(u *load.User) error {
//		return u.Post("/rooms/"+s.room, load.Name("/rooms/{id}"), load.Form("text", "hello")).Err()
//	}
//
//	func (s *speaker) close(u *load.User) error { return u.Delete("/rooms/" + s.room).Err() }
//
//	var chat = load.Scenario[speaker]{
//		Name:     "chat",
//		Setup:    (*speaker).open,
//		Teardown: (*speaker).close,
//		Tasks:    []load.Task[speaker]{{Run: (*speaker).say}},
//	}
//
// When Setup fails the run is over before it began.
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
// number of users allows. A task can have a Wait of its own. [User.Pause] is a pause
// within a task.
//
// Iterations is how many tasks a user does before it stops by itself; without it there
// is no end:
//
//	var visits = load.Scenario[reader]{
//		Name:       "visits",
//		Iterations: 1, // everybody comes once
//		Tasks:      []load.Task[reader]{{Run: (*reader).front}},
//	}
//
// # Sets
//
// A third kind of task is a set of tasks of its own. The user picks from them, by
// weight, until one returns [Leave]. Sets may hold sets:
//
//	var forum = load.Scenario[guest]{
//		Name: "forum",
//		Wait: load.Constant(10 * time.Second),
//		Tasks: []load.Task[guest]{
//			{Run: (*guest).front, Weight: 3},
//			{Name: "thread", Wait: load.Constant(2 * time.Second), OnStart: (*guest).enter, Tasks: []load.Task[guest]{
//				{Run: (*guest).read, Weight: 9},
//				{Run: (*guest).reply},
//				{Run: (*guest).leave},
//			}},
//		},
//	}
//
//	func (*guest) leave(*load.User) error { return load.Leave }
//
// OnStart of a set runs on entering; an error leaves at once. OnStop runs on leaving.
// The wait of a set is that of all within it.
//
// A task can say what comes next. [User.Queue] puts a task of the set that the user is
// in before all picks:
//
//	func (*guest) reply(u *load.User) error {
//		if u.Post("/replies").Expect(http.StatusCreated, http.StatusConflict).Status() == http.StatusConflict {
//			return u.Queue("read") // somebody was quicker: read it first
//		}
//		return nil
//	}
//
// # Chains
//
// With Next a set is a Markov chain: what follows a task depends on that task. The
// chain begins with the first, and goes on for ever or until a task leaves it:
//
//	var journey = load.Scenario[traveller]{
//		Name: "journey",
//		Tasks: []load.Task[traveller]{
//			{Run: (*traveller).search, Next: map[string]int{"search": 2, "view": 3}},
//			{Run: (*traveller).view, Next: map[string]int{"search": 4, "book": 1}},
//			{Run: (*traveller).book, Next: map[string]int{"search": 1}},
//		},
//	}
//
// Of five searches two are followed by another one, and three by a view. A chain that
// could not be walked is a mistake: where Next names no task of the set, where a task
// cannot be left, and where one cannot be reached.
//
// # Groups
//
// [User.Group] times several requests as one. Its row stands beside theirs and is no
// part of the total. It fails when one of them does. Pauses are left out:
//
//	err := u.Group("checkout", func() error {
//		u.Post("/cart")
//		u.Pause(50 * time.Millisecond) // the page draws itself
//		return u.Post("/pay").Err()
//	})
//
// # Hooks
//
// What is to be done with every request is said once. Before sees a request as it will
// be sent, After its answer, before the task does:
//
//	var signed = load.Scenario[signer]{
//		Name:   "signed",
//		Before: (*signer).sign,
//		After:  (*signer).judge,
//		Tasks:  []load.Task[signer]{{Run: (*signer).order}},
//	}
//
//	func (s *signer) sign(u *load.User, r *load.Request) error {
//		mac := hmac.New(sha256.New, s.key)
//		mac.Write(r.Body)
//		r.SetHeader("X-Signature", hex.EncodeToString(mac.Sum(nil)))
//		return nil
//	}
//
//	func (*signer) judge(u *load.User, r *load.Response) {
//		if r.Header("X-Degraded") != "" {
//			r.Failf("answered by the reserve")
//		}
//	}
//
// An error from Before is the failure of the request. After may send a request of its
// own, to refresh a token say: the one before is recorded then and can be judged no
// more.
//
// # Parameters
//
// A [Param] is a value that whoever starts the run can set, on the command line, in
// the environment, in the form or in the API. It is a string, a whole number, a number,
// a yes or no, or a duration:
//
//	var depth = load.Param[int]{Name: "depth", Default: 1, Help: "how many pages to turn"}
//
// List it in Scenario.Params and read it with depth.Of(u). A parameter can be limited
// to a choice or by a check, and a secret is never shown:
//
//	var (
//		sorted = load.Param[string]{Name: "sort", Default: "new", Choices: []string{"new", "old", "best"}}
//		apiKey = load.Param[string]{Name: "api-key", Secret: true, Help: "what to log in with"}
//		size   = load.Param[int]{Name: "page-size", Default: 20, Check: func(n int) error {
//			if n < 1 || n > 100 {
//				return fmt.Errorf("%d is out of range — from 1 to 100", n)
//			}
//			return nil
//		}}
//	)
//
// # Feeds
//
// A [Feed] is where users get rows of data from. The rows are in a file, in the program
// or made by a function. [Policy] says who gets which, and [AtEnd] what happens when
// there are no more:
//
//	type login struct {
//		Name     string `csv:"name"`
//		Password string `csv:"password"`
//	}
//
//	var logins = load.Feed[login]{
//		Name:   "logins",
//		Source: load.CSVFile("testdata/logins.csv"),
//		Policy: load.UniquePerUser,
//		AtEnd:  load.EndUser,
//	}
//
//	func (*customer) signIn(u *load.User) error {
//		row, err := logins.Of(u)
//		if err != nil {
//			return err // none is left for this user
//		}
//		return u.Post("/login", load.Form("name", row.Name, "password", row.Password)).Err()
//	}
//
//	var banking = load.Scenario[customer]{
//		Name:    "banking",
//		Feeds:   []load.Feeder{logins},
//		OnStart: (*customer).signIn,
//		Tasks:   []load.Task[customer]{{Run: (*customer).balance}},
//	}
//
// # Long answers
//
// An answer that is large, or never ends, is read part by part with [Each]. The part is
// lent. [Enough] ends the request and is no failure:
//
//	events := 0
//	resp := u.Get("/events", load.Each(func(part []byte) error {
//		if events += bytes.Count(part, []byte("\n\n")); events < 10 {
//			return nil
//		}
//		return load.Enough
//	}))
//
// How long the first byte took, [Response.FirstByte], is shown for such requests on its
// own.
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
// A scenario with nothing but clients of its own says so, Protocol: [NoHTTP], and needs
// no host.
//
// # Load
//
// How much load there is, is not for a scenario to say but for the run. A run has a
// number of users, who wait for their answers before they go on: a slow target is
// asked less often. Or it has arrivals per second. Then so many tasks of the scenario's
// own begin each second, whether or not those before have their answers, on as many
// users as that takes. They do OnStart, and wait for an arrival instead of what Wait
// says.
//
// Arrivals have an intended start, and so have tasks with [Pacing] or [Throughput].
// When the first request of such a task is sent late, because everything took longer
// than it should, the time it is late by counts as part of its response time. How long
// it took by itself is shown beside that.
//
// Load that changes over time is made of [Stages], or told by a [Shape] of your own. Put
// what is needed again and again in the suite, and a run can ask for it by name:
//
//	var suite = load.Suite{
//		Scenarios: []load.Planner{reading, shopping},
//		Shapes: map[string]load.Shape{
//			"lunch": load.Stages{
//				{Duration: 10 * time.Minute, Target: 500}, // evenly up
//				{Duration: time.Hour, Target: 500},
//				{Duration: 5 * time.Minute, Target: 100, Step: true}, // down at once
//			},
//			"tide": load.ShapeFunc(func(t time.Duration) (level float64, on bool) {
//				return 100 - 50*math.Cos(t.Hours()/12*2*math.Pi), t < 24*time.Hour
//			}),
//		},
//		Checks: []string{"GET /cart p95 < 300ms", "fail% < 1"},
//	}
//
// The checks of a suite are what a run is held to unless it asks for others: the form
// shows them, and flags replace them.
//
// # Testing a scenario
//
// A scenario is code, and package loadtest runs it in an ordinary test: against an
// http.Handler, without a network, in no time.
package load
