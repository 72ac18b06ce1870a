package protocols

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A listener reads server-sent events as they come. It needs no client of its own:
// the options load.Header and load.Each make a listener of an ordinary request, whose
// row shows the time to the first byte beside the time to the end.
type listener struct{}

var events = load.Scenario[listener]{
	Name:   "stream",
	Help:   "each user reads server-sent events as they come, and hangs up after some",
	Host:   "http://127.0.0.1:8020",
	Params: []load.Parameter{eventPath, eventCount, eventFirst},
	Wait:   load.Between(500*time.Millisecond, 1500*time.Millisecond),
	Tasks:  []load.Task[listener]{{Run: (*listener).listen}},
}

var (
	eventPath  = load.Param[string]{Name: "stream-path", Default: "/api/v1/news", Help: "where the events come from"}
	eventCount = load.Param[int]{Name: "stream-events", Default: 10, Help: "events after which a user hangs up", Check: atLeastOne}
	eventFirst = load.Param[time.Duration]{Name: "stream-first", Default: time.Second, Help: "within which the first byte must come"}
)

func atLeastOne(n int) error {
	if n < 1 {
		return errors.New("want 1 or more")
	}
	return nil
}

// eventLimit is how long an event may be, in bytes.
const eventLimit = 64 << 10

func (*listener) listen(u *load.User) error {
	var got stream
	want := eventCount.Of(u)
	resp := u.Get(eventPath.Of(u),
		load.Header("Accept", "text/event-stream"),
		load.Timeout(time.Minute),
		load.Each(func(part []byte) error {
			if err := got.add(part); err != nil || got.events < want {
				return err
			}
			return load.Enough // hang up; the request is a success
		}),
	).Expect(http.StatusOK)
	if err := resp.Err(); err != nil {
		return err
	}
	if got.events < want {
		return resp.Failf("the stream ended after %d events, want %d", got.events, want)
	}
	if first, within := resp.FirstByte(), eventFirst.Of(u); first > within {
		return resp.Failf("first byte after %s, want it within %s", first, within)
	}
	return nil
}

// A stream puts the pieces of an answer together again: where they are cut is up to the
// network.
type stream struct {
	events int
	rest   []byte // the beginning of an event
}

// add counts the events that part completes. An event ends with an empty line.
func (s *stream) add(part []byte) error {
	s.rest = append(s.rest, bytes.ReplaceAll(part, []byte("\r"), nil)...)
	for {
		_, after, whole := bytes.Cut(s.rest, []byte("\n\n"))
		if !whole {
			break
		}
		s.events++
		s.rest = after
	}
	if len(s.rest) > eventLimit {
		return errors.New("an event is too long")
	}
	return nil
}
