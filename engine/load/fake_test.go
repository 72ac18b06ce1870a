package load_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// A fake is a transport that answers from a script.
type fake struct {
	reply  func(*load.Request) answer // nil: status 200, no body
	last   answer
	sent   []load.Request // copies, with headers and fields of their own
	rests  int
	closed bool
}

// An answer is what a fake answers. The zero answer has status 200.
type answer struct {
	status int
	body   string
	header http.Header
	err    error // instead of an answer
	broken error // the body cannot be decoded
	took   time.Duration

	firstByte time.Duration
	dial      *load.Dial
	wait      time.Duration // before it is sent: connecting
	parts     []string      // the body, when Each is there
}

func (f *fake) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	sent := *req
	sent.Header, sent.Extra, sent.Body = req.Header.Clone(), append([]load.Field(nil), req.Extra...), append([]byte(nil), req.Body...)
	f.sent = append(f.sent, sent)
	if ctx.Err() != nil {
		return &load.TransportError{Class: load.Cut, Err: ctx.Err()}
	}
	f.last = answer{}
	if f.reply != nil {
		f.last = f.reply(req)
	}
	if f.last.status == 0 {
		f.last.status = http.StatusOK
	}
	time.Sleep(f.last.wait + f.last.took)
	ans.Status, ans.Took, ans.Bytes = f.last.status, f.last.took, int64(len(f.last.body))
	ans.FirstByte, ans.Dial = f.last.firstByte, f.last.dial
	if req.Each != nil {
		for _, part := range f.last.parts {
			ans.Bytes += int64(len(part))
			if err := req.Each([]byte(part)); err != nil {
				return err
			}
		}
	}
	return f.last.err
}

func (f *fake) Header(name string) string                  { return f.last.header.Get(name) }
func (f *fake) Body() ([]byte, error)                      { return []byte(f.last.body), f.last.broken }
func (f *fake) Fields(yield func(name, value string) bool) { load.EachField(f.last.header, yield) }
func (f *fake) Sent(func(name, value string) bool)         {}
func (f *fake) Rest()                                      { f.rests++ }
func (f *fake) Close()                                     { f.closed = true }

// always answers every request alike.
func always(a answer) *fake { return &fake{reply: func(*load.Request) answer { return a }} }

// A stage is a user with everything around it in reach.
type stage struct {
	*load.User
	load.Control
	recorder *stats.Recorder
	cut      context.CancelFunc
	quit     chan struct{}
}

// seat returns a user of http://host.test, changed by the functions given.
func seat(t testing.TB, f load.Transport, change ...func(*load.Seat)) *stage {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s := &stage{recorder: stats.NewRecorder(time.Now()), cut: cancel, quit: make(chan struct{})}
	place := load.Seat{
		Number: 1, Scenario: "play", Base: base(t, "http://host.test"), Transport: f,
		Shard: s.recorder.Shard(1), Rand: rand.New(rand.NewPCG(1, 2)), Quit: s.quit,
	}
	for _, c := range change {
		c(&place)
	}
	s.User, s.Control = load.NewUser(ctx, place)
	return s
}

func base(t testing.TB, host string) load.Base {
	t.Helper()
	b, err := load.ParseHost(host)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recorded ends the latest request, and returns what was recorded since the last
// time.
func (s *stage) recorded() stats.Delta {
	s.Try(func() error { return nil })
	return s.recorder.Drain(time.Now(), stats.Gauges{Users: 1})
}

// unsent returns the only failure recorded, of what was no request.
func unsent(t testing.TB, d stats.Delta) stats.Failure {
	t.Helper()
	if len(d.Rows) != 0 || len(d.Failures) != 1 || !d.Failures[0].Ours || d.Failures[0].Count != 1 {
		t.Fatalf("recorded %+v and failures %+v, want no request, and one that could not be sent", d.Rows, d.Failures)
	}
	return d.Failures[0]
}

// only returns the one row of d, and the format of its failure, "" without one.
func only(t testing.TB, d stats.Delta) (row stats.Row, format string) {
	t.Helper()
	if len(d.Rows) != 1 || d.Rows[0].Requests() != 1 || len(d.Failures) > 1 {
		t.Fatalf("recorded %+v and failures %+v, want one request", d.Rows, d.Failures)
	}
	if len(d.Failures) == 1 {
		format = d.Failures[0].Format
	}
	return d.Rows[0], format
}
