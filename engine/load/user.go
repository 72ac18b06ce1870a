package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A User is to a scenario what *testing.T is to a test: one goroutine's handle on
// everything a user has. It sends requests, measures and pauses; it is not safe
// for use by several goroutines.
//
// Each request is one sample. It is measured at once and recorded when the user
// makes its next request, pauses or ends its task; until then the methods of its
// [Response] may judge it.
type User struct {
	Header http.Header // sent with every request; change it at will
	Rand   *rand.Rand  // this user's own source of chance

	number    int
	scenario  string
	base      Base
	ctx       context.Context // ends when requests must be cut
	quit      <-chan struct{} // closed when the user is asked to stop
	transport Transport       // nil with NoHTTP
	shard     *stats.Shard
	params    map[string]any
	secrets   []string // as known returns them
	feeds     map[Feeder]*Rows
	held      []hold // rows of feeds, see Feed.Of
	unique    int64
	task      string    // which function is running, see Control.Task
	iteration int64     // tasks of the scenario begun, see Control.Iteration; 0 before the first
	due       time.Time // when the next request ought to be sent; zero when at no particular time

	before func(*Request) error
	after  func(*Response)
	queue  func(task string) error
	turn   func(context.Context) error
	traced float64

	request Request
	answer  Answer
	body    []byte // reused for form bodies
	latest  *Response
	sample  stats.Sample // of latest
	groups  []group      // it is in, the innermost last
	hook    hook         // it is in
	refused int          // requests and pauses since the stop, see refuse
}

// A Seat is what a user is made of. The engine and loadtest fill it in; scenarios
// have no use for it.
type Seat struct {
	Number    int // counts the users of a run from 1; 0 sets up and tears down
	Scenario  string
	Base      Base
	Transport Transport // nil with NoHTTP
	Shard     *stats.Shard
	Rand      *rand.Rand
	Params    map[string]any // all of the scenario's, see Plan.Values
	Secrets   []string       // what must not be shown, see Plan.Secrets
	Feeds     map[Feeder]*Rows
	Quit      <-chan struct{}
	Traced    float64                     // share of the requests that carry a traceparent, from 0 to 1
	Turn      func(context.Context) error // waits for the turn of what a client of the scenario's own sends; nil means at once

	Before func(*Request) error    // nil when there is none
	After  func(*Response)         // nil when there is none
	Queue  func(task string) error // puts a task of the current set next; nil when there is no set
}

// NewUser returns a user and the control over it.
func NewUser(ctx context.Context, s Seat) (*User, Control) {
	u := &User{
		Header: http.Header{}, Rand: s.Rand,
		number: s.Number, scenario: s.Scenario, base: s.Base, ctx: ctx, quit: s.Quit,
		transport: s.Transport, shard: s.Shard, params: s.Params, secrets: s.Secrets, feeds: s.Feeds,
		before: s.Before, after: s.After, queue: s.Queue, turn: s.Turn, traced: s.Traced,
	}
	return u, Control{u}
}

// Number returns the user's number in the run, counted from 1. Setup and Teardown are
// done by a user of number 0.
func (u *User) Number() int { return u.number }

// Host returns the scheme and authority that paths are sent to.
func (u *User) Host() string { return u.base.Origin }

// Context ends when the user must stop. Give it to clients of your own.
func (u *User) Context() context.Context { return u.ctx }

// Unique returns prefix and a suffix that no other call returns, in this run or
// another: u.Unique("c") might be "c.1jd8v0qk2m4.17.3".
func (u *User) Unique(prefix string) string {
	u.unique++
	b := make([]byte, 0, len(prefix)+32)
	b = append(append(b, prefix...), '.')
	b = strconv.AppendInt(b, time.Now().UnixNano(), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(u.number), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, u.unique, 36)
	return string(b)
}

// Queue makes a task come next: the one of that name in the set that the user is in,
// which is the scenario's own or the nested one whose task is running. Queued tasks
// are done in order, before any is picked, and a chain goes on from the last of them.
// It is an error when the set has no such task.
func (u *User) Queue(task string) error {
	if u.queue == nil {
		return fmt.Errorf("Queue(%q): the user is in no set of tasks", task)
	}
	return u.queue(task)
}

// Measure times a client of your own as one request: u.Measure("TCP", "ping", …).
// An error makes it a failure, grouped by its text with numbers and quoted parts
// left out, and is returned as a *Failure. When the user is stopped meanwhile,
// nothing is recorded.
func (u *User) Measure(method, name string, f func(ctx context.Context) (size int64, err error)) error {
	checkMethod(method)
	u.settle()
	due := u.takeDue()
	start := time.Now()
	if u.turn != nil {
		if u.turn(u.ctx) != nil {
			return u.refuse()
		}
		held := time.Since(start)
		u.heldBack(held)
		if start = start.Add(held); !due.IsZero() {
			due = due.Add(held)
		}
	}
	size, err := f(u.ctx)
	sample := stats.Sample{Method: method, Name: name, Took: time.Since(start), Bytes: size}
	if !due.IsZero() {
		sample.Lag = max(0, start.Sub(due))
	}
	if err != nil {
		if u.ctx.Err() != nil || errors.Is(err, ErrStopped) {
			return u.refuse()
		}
		text := cut(err.Error())
		fail := &Failure{Method: method, Name: name, Format: pattern(text), Message: text}
		sample.Problem = &stats.Problem{Format: fail.Format, Message: fail.Message, At: time.Now()}
		u.record(&sample, nil)
		return fail
	}
	u.record(&sample, nil)
	return nil
}

// restful is how long a pause must be for the transport to give back its buffers:
// after a shorter one it would have to fetch them again before anybody else could
// have used them.
const restful = 10 * time.Millisecond

// Pause waits for d, or until the user is asked to stop: then it returns
// ErrStopped.
func (u *User) Pause(d time.Duration) error {
	u.settle()
	if d >= restful && u.transport != nil && u.hook != inEach {
		u.transport.Rest()
	}
	if len(u.groups) == 0 {
		return u.sleep(d)
	}
	began := time.Now()
	err := u.sleep(d)
	u.groups[len(u.groups)-1].paused += time.Since(began)
	return err
}

func (u *User) sleep(d time.Duration) error {
	if d <= 0 {
		select {
		case <-u.quit:
			return u.refuse()
		case <-u.ctx.Done():
			return u.refuse()
		default:
			return nil
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-u.quit:
		return u.refuse()
	case <-u.ctx.Done():
		return u.refuse()
	case <-t.C:
		return nil
	}
}

// mostRefused is how often code may go on asking after the stop.
const mostRefused = 100

// refuse returns ErrStopped. Code that does not heed it, such as a loop that waits
// for an answer, would ask for ever and as fast as it can: it is ended by a panic
// that Try turns into ErrStopped.
func (u *User) refuse() error {
	if u.refused++; u.refused > mostRefused {
		panic(ErrStopped)
	}
	return ErrStopped
}
