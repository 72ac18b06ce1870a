package stats

import "time"

// An Exemplar is one sample in detail, kept to be looked at: some of each kind of
// failure and the slowest of each row have one. What it says of the request and its
// answer is text that this package keeps and does not read. It never changes once it is
// part of a sample.
type Exemplar struct {
	Rank uint32 // by chance: those with the lowest are kept of a kind of failure

	At           time.Time // when it was judged
	Method, Name string    // its row
	Message      string    // why it failed; "" when it did not
	URL          string
	User         int    // number of the user
	Scenario     string // its scenario,
	Task         string // what it was doing: "forum/read",
	Iteration    int64  // and for the how-many-th time it was doing one of the scenario's own tasks
	Users        int    // how many users there were

	Status    int // of the answer; 0 without one
	Took, Lag time.Duration
	FirstByte time.Duration
	Dial      Dial // zero when the connection was open
	Bytes     int64

	Request, Response Message
}

// Slowness is the time by which the slowest samples are chosen: the response time.
func (e *Exemplar) Slowness() time.Duration { return saturated(e.Took, e.Lag) }

// A Message is a request or an answer as text. Secrets are blanked out.
type Message struct {
	Fields []Field // of the header, in their order
	Body   string  // its beginning
	Size   int64   // of the whole body in bytes
}

// A Field is one header field.
type Field struct{ Name, Value string }

// How many exemplars are kept.
const (
	MaxFailed = 4 // of each kind of failure: the first, and others at random
	MaxSlow   = 5 // of each row: the slowest
)

// Wants reports whether the sample shall be kept in detail, as Sample.Exemplar. It costs
// little, and says yes seldom once there are some of a kind. It must be asked at most
// once of a sample, right before Record, and then the exemplar's Rank is rank.
func (s *Shard) Wants(sample *Sample) (rank uint32, wanted bool) { return 0, false }
