package loadtest_test

import (
	"bytes"
	"compress/gzip"
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

func request(target string, fields ...load.Field) *load.Request {
	return &load.Request{Method: "GET", Origin: "http://host.test", Target: target, Header: http.Header{}, Extra: fields}
}

// want checks the answer to a request.
func want(t *testing.T, tr load.Transport, req *load.Request, status int, body string) {
	t.Helper()
	var ans load.Answer
	err := tr.Send(t.Context(), req, &ans)
	got, bodyErr := tr.Body()
	if err != nil || bodyErr != nil || ans.Status != status || string(got) != body {
		t.Errorf("%s %s: status %d, %v, body %q, %v; want %d, %q", req.Method, req.Target, ans.Status, err, got, bodyErr, status, body)
	}
}

// wantClass checks why a request has no answer.
func wantClass(t *testing.T, err error, class load.Class, text string) {
	t.Helper()
	if te, ok := errors.AsType[*load.TransportError](err); !ok || te.Class != class || !strings.Contains(te.Error(), text) {
		t.Errorf("Send: %v, want class %q and %q", err, class, text)
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.Bytes()
}

func TestHandlersSeeWhatAServerWouldHaveRead(t *testing.T) {
	var got *http.Request
	var body string
	tr := loadtest.NewTransport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	}), load.Limits{})
	req := request("/a%2Fb?c=d", load.Field{Name: "X-Own", Value: "1"}, load.Field{Name: "x-own", Value: "2"}, load.Field{Name: "Content-Length", Value: "99"})
	req.Method, req.Body = "PUT", []byte("hello")
	req.Header = http.Header{"X-Own": {"user's"}, "X-User": {"u"}, "Host": {"alias.test"}}
	want(t, tr, req, 200, "")
	if got.Method != "PUT" || got.RequestURI != "/a%2Fb?c=d" || got.URL.Path != "/a/b" || got.URL.Host != "" || got.URL.RawQuery != "c=d" || got.FormValue("c") != "d" {
		t.Errorf("request line: %s %s, URL %#v", got.Method, got.RequestURI, got.URL)
	}
	if got.Host != "alias.test" || got.RemoteAddr == "" || got.TLS != nil || got.ProtoMajor != 1 {
		t.Errorf("Host %q, RemoteAddr %q, TLS %v, %s", got.Host, got.RemoteAddr, got.TLS, got.Proto)
	}
	if h := fmt.Sprint(got.Header); h != "map[Accept-Encoding:[gzip] User-Agent:[gregaria] X-Own:[1 2] X-User:[u]]" {
		t.Errorf("header %s", h)
	}
	if body != "hello" || got.ContentLength != 5 {
		t.Errorf("body %q, Content-Length %d; want hello, 5", body, got.ContentLength)
	}
	if len(req.Header) != 3 {
		t.Errorf("the user's header became %v", req.Header)
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	tr := loadtest.NewTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }), load.Limits{})
	method := request("/")
	method.Method = "A B"
	for _, req := range []*load.Request{
		request("/a b"), request("/a\nb"), request("/%zz"), method,
		request("/", load.Field{Name: "X", Value: "a\r\nY: b"}), request("/", load.Field{Name: "a b", Value: "c"}), request("/", load.Field{}),
	} {
		wantClass(t, tr.Send(t.Context(), req, &load.Answer{}), load.UnusableRequest, "")
	}
}

func TestAnswersLookAsIfFromAServer(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>hi") })
	mux.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(201)
		w.Header().Set("X", "late")
		w.WriteHeader(500)
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(202) })
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(204)
		if _, err := io.WriteString(w, "x"); err != http.ErrBodyNotAllowed {
			t.Errorf("Write after 204: %v, want ErrBodyNotAllowed", err)
		}
	})
	mux.HandleFunc("/parts", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "a")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
		io.WriteString(w, "b")
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9")
		io.WriteString(w, "abc")
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(7) })
	tr := loadtest.NewTransport(mux, load.Limits{})

	want(t, tr, request("/html"), 200, "<p>hi")
	if a, b := tr.Header("content-type"), tr.Header("Content-Length"); a != "text/html; charset=utf-8" || b != "5" {
		t.Errorf("Content-Type %q, Content-Length %q; want text/html and 5", a, b)
	}
	head := request("/html")
	head.Method = "HEAD"
	want(t, tr, head, 200, "")
	want(t, tr, request("/late"), 201, "")
	if got := tr.Header("X"); got != "" {
		t.Errorf("field set after WriteHeader: %q, want none", got)
	}
	want(t, tr, request("/hints"), 202, "")
	want(t, tr, request("/empty"), 204, "")
	want(t, tr, request("/parts"), 200, "ab")
	if got := tr.Header("Content-Length"); got != "" {
		t.Errorf("Content-Length of an answer sent in parts: %q, want none", got)
	}

	wantClass(t, tr.Send(t.Context(), request("/short"), &load.Answer{}), load.Closed, "Content-Length is 9, the handler wrote 3 bytes")
	wantClass(t, tr.Send(t.Context(), request("/panic"), &load.Answer{}), load.Closed, "the handler panicked: boom")
	wantClass(t, tr.Send(t.Context(), request("/bad"), &load.Answer{}), load.Closed, "invalid WriteHeader code 7")
	want(t, tr, request("/html"), 200, "<p>hi")
}

func TestCookiesAreKeptUntilClose(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/set", func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"}) })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Cookie")) })
	tr, other := loadtest.NewTransport(mux, load.Limits{}), loadtest.NewTransport(mux, load.Limits{})
	want(t, tr, request("/set"), 200, "")
	want(t, tr, request("/get"), 200, "id=7")
	want(t, tr, request("/get", load.Field{Name: "Cookie", Value: "own=1"}), 200, "own=1; id=7")
	want(t, other, request("/get"), 200, "")
	tr.Close()
	want(t, tr, request("/get"), 200, "")
}

func TestRedirectsAreOneAnswer(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/go/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		if n == 0 {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.Method, body)
			return
		}
		w.Header().Set("Location", fmt.Sprintf("/go/%d", n-1))
		w.WriteHeader(307)
		io.WriteString(w, "1234567890")
	})
	mux.HandleFunc("/other", func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "other.test" {
			http.Redirect(w, r, "http://other.test/other", http.StatusSeeOther)
			return
		}
		fmt.Fprintf(w, "%s %q", r.Method, r.Header.Get("Authorization"))
	})
	mux.HandleFunc("/nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) })
	tr := loadtest.NewTransport(mux, load.Limits{})

	post := request("/go/10")
	post.Method, post.Body = "POST", []byte("x")
	want(t, tr, post, 200, "POST x")
	var ans load.Answer
	if err := tr.Send(t.Context(), request("/go/2"), &ans); err != nil || ans.Bytes != 24 {
		t.Errorf("two redirects: %d bytes, %v; want 24 of all hops", ans.Bytes, err)
	}
	wantClass(t, tr.Send(t.Context(), request("/go/11"), &load.Answer{}), load.TooManyHops, "11, the last to http://host.test/go/0")
	want(t, tr, request("/nowhere"), 302, "")

	for _, to := range []string{"http://%zz", "ftp://host.test/"} {
		tr := loadtest.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(302)
		}), load.Limits{})
		wantClass(t, tr.Send(t.Context(), request("/"), &load.Answer{}), load.Malformed, to)
	}

	leave := request("/other", load.Field{Name: "Authorization", Value: "secret"})
	leave.Method = "POST"
	want(t, tr, leave, 200, `GET ""`)

	want(t, loadtest.NewTransport(mux, load.Limits{Redirects: -1}), request("/go/1"), 307, "1234567890")
}

func TestEncodingsAreUndone(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.URL.Path[1:])
		w.Write(zipped(strings.Repeat("locust ", 20)))
	})
	tr := loadtest.NewTransport(h, load.Limits{Body: 150})
	want(t, tr, request("/gzip"), 200, strings.Repeat("locust ", 20))
	if got, err := tr.Body(); err != nil || len(got) != 140 {
		t.Errorf("Body again: %d bytes, %v; want 140", len(got), err)
	}
	want(t, tr, request("/identity"), 200, string(zipped(strings.Repeat("locust ", 20))))
	if err := tr.Send(t.Context(), request("/br"), &load.Answer{}); err != nil {
		t.Error(err)
	}
	if _, err := tr.Body(); err == nil || !strings.Contains(err.Error(), `"br" is not known`) {
		t.Errorf("Body: %v, want an unknown encoding", err)
	}

	for _, tt := range []struct {
		body  []byte
		class load.Class
	}{
		{[]byte("plain"), load.Malformed},
		{zipped("cut")[:12], load.Malformed},
		{zipped(strings.Repeat("bomb", 1000)), load.BodyLimit},
	} {
		tr := loadtest.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(tt.body)
		}), load.Limits{Body: 150})
		if err := tr.Send(t.Context(), request("/"), &load.Answer{}); err != nil {
			t.Error(err)
		}
		_, err := tr.Body()
		wantClass(t, err, tt.class, "")
	}
}

func TestBodiesAreLimited(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 5 {
			io.WriteString(w, "12")
		}
	})
	want(t, loadtest.NewTransport(h, load.Limits{Body: 10}), request("/"), 200, "1212121212")
	wantClass(t, loadtest.NewTransport(h, load.Limits{Body: 9}).Send(t.Context(), request("/"), &load.Answer{}), load.BodyLimit, "more than 9 bytes")
}

func TestSlowHandlersTimeOut(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		limit   time.Duration // of the request
		after   time.Duration
		class   load.Class
	}{
		{"before the header", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, 5 * time.Second, load.HeaderTimeout},
		{"within the body", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "x")
			<-r.Context().Done()
			if _, err := io.WriteString(w, "y"); err == nil {
				panic("a Write that nobody reads succeeds")
			}
		}, 0, 5 * time.Second, load.BodyTimeout},
		{"limit of the request", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, time.Second, time.Second, load.HeaderTimeout},
		{"deaf handler", func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }, 0, 5 * time.Second, load.HeaderTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := loadtest.NewTransport(tt.handler, load.Limits{Response: 5 * time.Second})
				defer tr.Close()
				req := request("/")
				req.Limit = tt.limit
				var ans load.Answer
				wantClass(t, tr.Send(t.Context(), req, &ans), tt.class, "")
				if ans.Took != tt.after || ans.Status != 0 {
					t.Errorf("it took %s, status %d; want %s, 0", ans.Took, ans.Status, tt.after)
				}
			})
		})
	}
}

func TestACutReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := loadtest.NewTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }), load.Limits{})
		defer tr.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		wantClass(t, tr.Send(ctx, request("/"), &load.Answer{}), load.Cut, "")
		if took := time.Since(began); took != time.Second {
			t.Errorf("Send returned after %s, want 1s", took)
		}
	})
}

func TestTheContextOfARequestEndsWithIt(t *testing.T) {
	var ctx context.Context
	tr := loadtest.NewTransport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() }), load.Limits{})
	want(t, tr, request("/"), 200, "")
	if ctx.Err() == nil {
		t.Error("the request is answered and its context goes on")
	}
}
