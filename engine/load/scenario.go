package load

// A Scenario is what one kind of user does. S is the state each of its users has
// for itself: every user begins with a zero S, or with what Setup made of one.
type Scenario[S any] struct {
	Name       string
	Help       string      // one line for the form and the list of scenarios
	Host       string      // where paths are sent, unless the run says otherwise: http://127.0.0.1:8020
	Weight     int         // share of the users; 0 means 1
	Count      int         // exactly so many users, whatever the weights; 0 means by weight
	Wait       Wait        // pause between tasks and steps
	Iterations int         // of Tasks, how many each user does before it stops; 0 means no limit
	Protocol   Protocol    // how requests are sent
	Params     []Parameter // values that whoever starts a run can set
	Feeds      []Feeder    // rows of data that users take

	Setup    func(*S, *User) error // once, before the first user: each begins with a copy of its S
	Teardown func(*S, *User) error // once, after the last user, with Setup's S
	OnStart  func(*S, *User) error // before a user's first task; tried again when it fails
	OnStop   func(*S, *User) error // after its last

	// Before is called with each request as it will be sent, and may change it: sign it,
	// say. An error is the request's failure. After is called with each response, also
	// when there was no answer, and may judge it before the task does. It may send
	// requests, which end that judgement. Such requests have no hooks.
	Before func(*S, *User, *Request) error
	After  func(*S, *User, *Response)

	Tasks []Task[S] // picked at random by weight, for ever; with Next they are a chain
}

// A Task is something a user does. It is one of three: a function, steps, or a set
// of tasks to pick from.
type Task[S any] struct {
	Name   string   // shown to people; the name of the function when empty. Unique in a set
	Weight int      // share of the picks in its set; 0 means 1
	Tags   []string // what it can be chosen by; not within Steps and chains, which run whole
	Wait   Wait     // instead of the one around it; Constant(0) for none

	Run   func(*S, *User) error
	Steps []Task[S] // in order; an error ends the task
	Tasks []Task[S] // picked at random by weight, until one of them returns Leave

	OnStart func(*S, *User) error // of Tasks: before the first; an error leaves at once
	OnStop  func(*S, *User) error // of Tasks: after the last, however that came

	// Next makes the tasks of a set a Markov chain: which of them may follow this
	// one, by name, each with its weight of 1 or more. All of a set have it or none
	// has. The chain begins with the first. Each task can be left and be reached.
	Next map[string]int
}

// A Protocol is how a scenario's requests are sent.
type Protocol int

const (
	HTTP1  Protocol = iota // HTTP/1.1 on the fast path
	HTTP2                  // net/http: HTTP/2 where the target offers it
	NoHTTP                 // none: the scenario has clients of its own and needs no host
)
