package stats

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An Exemplar is one sample in detail, kept to be looked at: some of each kind of
// failure and the slowest of each row have one. What it says of the request and its
// answer is text that this package keeps and does not read, and cuts to some KB. What
// the sample says itself need not be said here: it is copied from there, and the
// number of users is that when it was recorded. It never changes once it is part of a
// sample.
type Exemplar struct {
	Rank uint32 // by chance: those with the lowest are kept of a kind of failure

	At           time.Time // when it was judged; once recorded, on the clock of the recorder
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
	MaxSlow   = 5 // of each row: the slowest; nearly those when each sample is slower than those before
)

// Bounds of what an exemplar keeps, in bytes.
const (
	maxBody   = 4*1024 + 64 // whoever captures one may mark that it was cut
	maxHeader = 4 * 1024
)

// of returns the exemplar of a sample, fit to be kept, whoever made it. What the sample
// says itself comes from there.
func (e Exemplar) of(s *Sample) Exemplar {
	e.Method, e.Name, e.Message = text(s.Method, maxText), text(s.Name, maxText), ""
	if s.Problem != nil {
		e.Message = text(s.Problem.Message, maxText)
	}
	e.URL, e.Scenario, e.Task = text(e.URL, maxText), text(e.Scenario, maxText), text(e.Task, maxText)
	e.Users, e.Status, e.Bytes, e.Dial = s.users, s.Status, max(0, s.Bytes), Dial{}
	e.Took, e.Lag, e.FirstByte = max(0, s.Took), max(0, s.Lag), max(0, s.FirstByte)
	if d := s.Dial; d != nil {
		e.Dial = Dial{max(0, d.DNS), max(0, d.Connect), max(0, d.TLS)}
	}
	e.Request, e.Response = e.Request.fit(), e.Response.fit()
	return e
}

// fit returns m fit to be kept.
func (m Message) fit() Message {
	var fields []Field
	size := 0
	for _, f := range m.Fields {
		f = Field{text(f.Name, maxText), text(f.Value, maxText)}
		if size += len(f.Name) + len(f.Value); size > maxHeader {
			break
		}
		fields = append(fields, f)
	}
	return Message{fields, text(m.Body, maxBody), max(0, m.Size)}
}

// slowest returns the slowest of two lists that are sorted so, the slowest first.
func slowest(a, b []Exemplar) []Exemplar {
	if len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, compareSlow)
	return slices.Clip(all[:min(MaxSlow, len(all))])
}

func compareSlow(a, b Exemplar) int {
	return cmp.Or(cmp.Compare(b.Slowness(), a.Slowness()), compareAge(a, b))
}

func compareAge(a, b Exemplar) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.User, b.User),
		cmp.Compare(a.Iteration, b.Iteration), strings.Compare(a.Message, b.Message), strings.Compare(a.URL, b.URL))
}

func compareRanks(a, b Exemplar) int {
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), compareAge(a, b))
}

// chosen returns the oldest of two lists and the lowest ranks of the others, oldest
// first. What is chosen of parts and then of those is what is chosen of the whole, and
// each sample but the first has the same chance.
func chosen(a, b []Exemplar) []Exemplar {
	if len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, compareAge)
	if len(all) > MaxFailed {
		slices.SortStableFunc(all[1:], compareRanks)
		all = slices.Clip(all[:MaxFailed])
		slices.SortStableFunc(all, compareAge)
	}
	return all
}
