package loadtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

// parted returns a request whose body is noted in parts, each with the time since
// now, until end returns an error.
func parted(target string, end func(n int) error) (req *load.Request, parts *[]string) {
	req, parts = request(target), new([]string)
	began := time.Now()
	req.Each = func(part []byte) error {
		*parts = append(*parts, fmt.Sprintf("%s at %s", part, time.Since(began)))
		if end != nil {
			return end(len(*parts))
		}
		return nil
	}
	return req, parts
}

func TestEachGetsWhatTheHandlerFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c := r.Header.Get("Accept-Encoding"); c != "identity" {
				t.Errorf("Accept-Encoding %q, want identity", c)
			}
			time.Sleep(time.Second)
			io.WriteString(w, "a")
			io.WriteString(w, "b")
			w.(http.Flusher).Flush()
			time.Sleep(time.Second)
			io.WriteString(w, "c")
			w.Header().Set("X", "late")
			time.Sleep(time.Second)
		})
		tr := loadtest.NewTransport(h, load.Limits{Body: 1})
		defer tr.Close()
		req, parts := parted("/", nil)
		var ans load.Answer
		err := tr.Send(t.Context(), req, &ans)
		if got := strings.Join(*parts, ", "); err != nil || got != "ab at 1s, c at 3s" {
			t.Errorf("Send: %v, parts %s; want ab at 1s, c at 3s", err, got)
		}
		if ans.Status != 200 || ans.Took != 3*time.Second || ans.FirstByte != time.Second || ans.Bytes != 3 {
			t.Errorf("answer %+v, want 200, 3s, the first byte after 1s, 3 bytes", ans)
		}
		if body, err := tr.Body(); len(body) != 0 || err != nil || tr.Header("X") != "" {
			t.Errorf("Body: %q, %v, field %q; want nothing", body, err, tr.Header("X"))
		}
	})
}

func TestEachGetsTheLastBodyOnly(t *testing.T) {
	mux, left := http.NewServeMux(), make(chan struct{})
	mux.HandleFunc("/old", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/new", http.StatusFound)
		io.WriteString(w, strings.Repeat("x", 10_000)) // more than anybody reads before going on
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(left)
	})
	mux.HandleFunc("/new", func(w http.ResponseWriter, _ *http.Request) {
		<-left
		io.WriteString(w, "new")
	})
	tr := loadtest.NewTransport(mux, load.Limits{})
	got := ""
	req := request("/old")
	req.Each = func(part []byte) error { got += string(part); return nil }
	var ans load.Answer
	if err := tr.Send(t.Context(), req, &ans); err != nil || got != "new" || ans.Status != 200 || ans.Bytes <= 3 {
		t.Errorf("Send: %v, status %d, body %q, %d bytes; want new, and the bytes of both", err, ans.Status, got, ans.Bytes)
	}
	req.Method, req.Target = "HEAD", "/new"
	want(t, tr, req, 200, "")
}

func TestAnErrorOfEachEndsTheHandler(t *testing.T) {
	ended := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		for err == nil {
			_, err = io.WriteString(w, "tick")
			w.(http.Flusher).Flush()
		}
		ended <- err
	})
	tr := loadtest.NewTransport(h, load.Limits{})
	odd := errors.New("odd")
	req, parts := parted("/", func(n int) error {
		if n == 3 {
			return odd
		}
		return nil
	})
	var ans load.Answer
	if err := tr.Send(t.Context(), req, &ans); err != odd || len(*parts) != 3 || ans.Status != 200 || ans.Bytes != 12 {
		t.Errorf("Send: %v, parts %q, answer %+v; want odd after 3", err, *parts, ans)
	}
	tr.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler ended with %v, want its context to have ended", err)
	}
}

func TestStreamsThatBreak(t *testing.T) {
	flush := func(w http.ResponseWriter) { io.WriteString(w, "x"); w.(http.Flusher).Flush() }
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		class   load.Class
		text    string
	}{
		{"panic", func(w http.ResponseWriter, _ *http.Request) { flush(w); panic("boom") }, load.Closed, "the handler panicked: boom"},
		{"panic before", func(http.ResponseWriter, *http.Request) { panic("boom") }, load.Closed, "the handler panicked: boom"},
		{"short", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9"); flush(w) }, load.Closed, "the handler wrote 1 bytes"},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, load.HeaderTimeout, ""},
		{"stuck", func(w http.ResponseWriter, r *http.Request) { flush(w); <-r.Context().Done() }, load.BodyTimeout, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := loadtest.NewTransport(tt.handler, load.Limits{Response: time.Second})
				defer tr.Close()
				req, _ := parted("/", nil)
				wantClass(t, tr.Send(t.Context(), req, &load.Answer{}), tt.class, tt.text)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		tr := loadtest.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { flush(w); <-r.Context().Done() }), load.Limits{})
		defer tr.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		req, _ := parted("/", nil)
		wantClass(t, tr.Send(ctx, req, &load.Answer{}), load.Cut, "")
	})
}

func TestTheFirstByteLeavesWithTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name    string
			handler http.HandlerFunc
			want    time.Duration
		}{
			{"at the end", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x"); time.Sleep(time.Second) }, 2 * time.Second},
			{"flushed", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); time.Sleep(time.Second) }, time.Second},
			{"a long body", func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, strings.Repeat("x", 5000))
				time.Sleep(time.Second)
			}, time.Second},
		} {
			tr := loadtest.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second); tt.handler(w, r) }), load.Limits{})
			var ans load.Answer
			if err := tr.Send(t.Context(), request("/"), &ans); err != nil || ans.FirstByte != tt.want || ans.Took != 2*time.Second {
				t.Errorf("%s: %v, first byte after %s of %s, want %s of 2s", tt.name, err, ans.FirstByte, ans.Took, tt.want)
			}
		}
	})
}

func TestAnAnswerIsGoneAfterARest(t *testing.T) {
	tr := loadtest.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a"})
		io.WriteString(w, "x")
	}), load.Limits{})
	want(t, tr, request("/"), 200, "x")
	tr.Rest()
	if body, err := tr.Body(); len(body) != 0 || err != nil || tr.Header("Set-Cookie") != "" {
		t.Errorf("after a rest: body %q, %v, field %q; want nothing", body, err, tr.Header("Set-Cookie"))
	}
}
