package protocols

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/scenarios/demo"
)

// A radio is a server of events that counts its listeners.
type radio struct {
	events  int  // how many it sends
	endless bool // it stays on the air after them
	broken  int  // status it answers with instead; 0 means none

	listeners, gone atomic.Int64
	silence         chan struct{} // a token for each listener that has heard all events
}

func (r *radio) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.listeners.Add(1)
	if r.broken != 0 {
		http.Error(w, "off the air", r.broken)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	for i := range r.events {
		// Cut in the middle, and with both kinds of line break.
		fmt.Fprintf(w, "data: %d\r\n", i)
		stream.Flush()
		fmt.Fprint(w, "\n")
		stream.Flush()
	}
	stream.Flush()
	if r.endless {
		r.silence <- struct{}{}
		<-req.Context().Done()
		r.gone.Add(1)
	}
}

// open starts the server and returns its URL.
func (r *radio) open(t *testing.T) (url string) {
	r.silence = make(chan struct{}, 1000)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL
}

// keen is the events without a wait, so that tests are quick.
func keen() load.Scenario[listener] {
	s := events
	s.Wait = load.Wait{}
	return s
}

func TestStreamAgreesWithItsServer(t *testing.T) {
	for _, endless := range []bool{false, true} {
		const iterations = 30
		r := &radio{events: 12, endless: endless}
		s := finish(t, keen(), engine.Config{Users: 3, Iterations: iterations, Host: r.open(t)})
		checkRows(t, s, map[string]count{"GET /api/v1/news": {iterations, 0}})
		if r.listeners.Load() != iterations {
			t.Errorf("endless=%t: server saw %d listeners, want %d", endless, r.listeners.Load(), iterations)
		}
	}
}

func TestStreamNoticesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name   string
		radio  *radio
		params map[string]string
		format string
	}{
		{"too few", &radio{events: 3}, nil, "the stream ended after %d events, want %d"},
		{"no stream", &radio{broken: http.StatusBadGateway}, nil, "status 502, expected 200"},
		{"too late", &radio{events: 10}, map[string]string{"stream-first": "1ns"}, "first byte after %s, want it within %s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := finish(t, keen(), engine.Config{Users: 1, Iterations: 2, Host: tt.radio.open(t), Params: tt.params})
			checkFailures(t, s, map[string]int64{"GET /api/v1/news: " + tt.format: 2})
		})
	}
}

func TestStreamStopsWhileItWaits(t *testing.T) {
	const users = 5
	r := &radio{events: 3, endless: true}
	e := begin(t, keen(), engine.Config{Users: users, Host: r.open(t)})
	waitFor(t, "listener heard all", r.silence, users)
	checkStop(t, e, map[string]count{})
}

func TestStreamRunsAgainstTheDemo(t *testing.T) {
	server, err := demo.Listen("127.0.0.1:0", demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s := finish(t, keen(), engine.Config{Users: 2, Iterations: 4, Host: "http://" + server.Addr()})
	checkRows(t, s, map[string]count{"GET /api/v1/news": {4, 0}})
	row := s.Stats.Rows[0]
	if took := row.OK.Min(); took < 100*time.Millisecond {
		t.Errorf("the quickest took %s, want as long as the news go on", took)
	}
}

func TestStreamPutsEventsTogetherHoweverTheyAreCut(t *testing.T) {
	const text = "id: 1\ndata: a\n\ndata: b\r\n\r\n: comment\n\ndata: half"
	for size := 1; size <= len(text); size++ {
		var s stream
		for rest := text; rest != ""; {
			part := rest[:min(size, len(rest))]
			if err := s.add([]byte(part)); err != nil {
				t.Fatalf("add(%q): %v", part, err)
			}
			rest = rest[len(part):]
		}
		if s.events != 3 || string(s.rest) != "data: half" {
			t.Errorf("in pieces of %d: %d events and %q left, want 3 and data: half", size, s.events, s.rest)
		}
	}
	var s stream
	if err := s.add([]byte(strings.Repeat("x", eventLimit+1))); err == nil {
		t.Error("add of an event without end: no error, want one")
	}
}
