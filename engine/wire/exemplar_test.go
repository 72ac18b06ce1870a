package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// played returns what is kept in detail of the one failure there is when a user of a
// transport does something.
func played(t *testing.T, tr load.Transport, host string, do func(u *load.User) error) stats.Exemplar {
	t.Helper()
	base, err := load.ParseHost(host)
	if err != nil {
		t.Fatal(err)
	}
	recorder := stats.NewRecorder(time.Now())
	u, control := load.NewUser(t.Context(), load.Seat{Number: 7, Scenario: "play", Base: base, Transport: tr, Shard: recorder.Shard(7)})
	control.Task("do")
	control.Try(func() error { return do(u) })
	tr.Rest()
	d := recorder.Drain(time.Now(), stats.Gauges{})
	if len(d.Failures) != 1 || len(d.Failures[0].Samples) != 1 {
		t.Fatalf("failures %+v, want one in detail", d.Failures)
	}
	return d.Failures[0].Samples[0]
}

// field returns a header field of a message.
func field(m stats.Message, name string) string {
	for _, f := range m.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// failing is a target that fails in every way.
func failing(t testing.TB) *httptest.Server {
	million := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Path", r.URL.Path)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/end?token=abcdefgh", http.StatusFound)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(500)
			zip := gzip.NewWriter(w)
			io.WriteString(zip, `{"error":"full","token":"abcdefgh"}`)
			zip.Close()
		case "/million":
			w.WriteHeader(500)
			w.Write(million)
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-1", HttpOnly: true})
		case "/echo":
			w.WriteHeader(403)
			fmt.Fprintf(w, "%s with %s and %s is nobody", body, r.Header.Get("Cookie"), r.Header.Get("Authorization"))
		case "/slow":
			w.WriteHeader(200)
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			w.WriteHeader(500)
			io.WriteString(w, "sorry")
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestFailuresAreKeptInDetail(t *testing.T) {
	srv := failing(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	tests := map[string]struct {
		do    func(u *load.User) error
		check func(e stats.Exemplar) bool
	}{
		"a status": {
			func(u *load.User) error { return u.Put("/a", load.JSON(1), load.Query("b", "c")).Err() },
			func(e stats.Exemplar) bool {
				return e.Status == 500 && e.URL == srv.URL+"/a?b=c" && e.Response.Body == "sorry" && e.Response.Size == 5 &&
					field(e.Response, "X-Path") == "/a" && field(e.Request, "Host") == strings.TrimPrefix(srv.URL, "http://") &&
					field(e.Request, "User-Agent") != "" && field(e.Request, "Accept-Encoding") == "gzip" &&
					field(e.Request, "Content-Type") == "application/json" && field(e.Request, "Content-Length") == "1" && e.Request.Body == "1" &&
					e.Took > 0 && e.FirstByte > 0 && e.Dial.Connect > 0 && e.Bytes == 5 && e.User == 7 && e.Task == "do"
			},
		},
		"a redirect": {
			func(u *load.User) error { return u.Post("/redirect", load.Body("text/plain", []byte("go"))).Err() },
			func(e stats.Exemplar) bool {
				return e.Method == "POST" && e.URL == srv.URL+"/redirect" && e.Status == 500 && field(e.Response, "X-Path") == "/end" &&
					e.Request.Body == "go" && field(e.Request, "Content-Type") == "text/plain" && field(e.Request, "Host") == strings.TrimPrefix(srv.URL, "http://")
			},
		},
		"HEAD": {
			func(u *load.User) error { return u.Head("/a").Err() },
			func(e stats.Exemplar) bool {
				return e.Method == "HEAD" && e.Status == 500 && e.Response.Body == "" && e.Response.Size == 0 && field(e.Response, "X-Path") == "/a"
			},
		},
		"gzip": {
			func(u *load.User) error { return u.Get("/gzip").Err() },
			func(e stats.Exemplar) bool {
				return e.Response.Body == `{"error":"full","token":"[redacted]"}` && field(e.Response, "Content-Encoding") == "gzip" &&
					e.Message == `status 500: {"error":"full","token":"[redacted]"}`
			},
		},
		"a million bytes": {
			func(u *load.User) error { return u.Get("/million").Err() },
			func(e stats.Exemplar) bool {
				return e.Response.Size == 1<<20 && len(e.Response.Body) == 4<<10+len("…") && e.Bytes == 1<<20
			},
		},
		"a stream": {
			func(u *load.User) error {
				return u.Get("/million", load.Each(func([]byte) error { return nil })).Err()
			},
			func(e stats.Exemplar) bool {
				return e.Status == 500 && e.Response.Size == 1<<20 && e.Response.Body == "" && field(e.Response, "X-Path") == "/million" &&
					field(e.Request, "Accept-Encoding") == "identity"
			},
		},
		"a stream that was not wanted": {
			func(u *load.User) error {
				return u.Get("/million", load.Each(func([]byte) error { return errors.New("odd") })).Err()
			},
			func(e stats.Exemplar) bool {
				return e.Status == 500 && e.Message == "odd" && e.Response.Body == "" && field(e.Response, "X-Path") == "/million"
			},
		},
		"refused": {
			func(u *load.User) error { return u.Get(gone.URL+"/x", load.Name("/x")).Err() },
			func(e stats.Exemplar) bool {
				return e.Status == 0 && e.URL == gone.URL+"/x" && e.Response.Fields == nil &&
					field(e.Request, "Host") == strings.TrimPrefix(gone.URL, "http://") && strings.HasPrefix(e.Message, "connection refused")
			},
		},
		"a timeout": {
			func(u *load.User) error { return u.Get("/slow", load.Timeout(50*time.Millisecond)).Err() },
			func(e stats.Exemplar) bool {
				return e.Status == 0 && e.Took >= 50*time.Millisecond && field(e.Response, "X-Path") == "/slow" && e.Response.Body == "" &&
					e.Response.Size == 4 && strings.HasPrefix(e.Message, "timeout reading body")
			},
		},
		"settled by a pause": {
			func(u *load.User) error { u.Get("/a"); return u.Pause(20 * time.Millisecond) },
			func(e stats.Exemplar) bool { return e.Response.Body == "sorry" && field(e.Request, "Host") != "" },
		},
		"settled by the next": {
			func(u *load.User) error { u.Get("/a"); u.Get("/login"); return nil },
			func(e stats.Exemplar) bool {
				return e.Response.Body == "sorry" && field(e.Response, "X-Path") == "/a" && field(e.Response, "Set-Cookie") == ""
			},
		},
		"judged late": {
			func(u *load.User) error {
				u.Header.Set("X-A", "before")
				r := u.Get("/login")
				u.Header.Set("X-A", "after")
				return r.Failf("not welcome")
			},
			func(e stats.Exemplar) bool {
				return e.Status == 200 && field(e.Request, "X-A") == "before" && field(e.Request, "Cookie") == "" &&
					field(e.Response, "Set-Cookie") == "sid=[redacted]; HttpOnly"
			},
		},
		"without secrets": {
			func(u *load.User) error {
				u.Get("/login")
				u.Header.Set("Authorization", "Bearer tok.en.1")
				return u.Post("/echo", load.Form("user", "ann", "password", "hunter22")).Err()
			},
			func(e stats.Exemplar) bool {
				all := fmt.Sprintf("%+v", e)
				for _, secret := range []string{"session-1", "tok.en.1", "hunter22"} {
					if strings.Contains(all, secret) {
						return false
					}
				}
				return field(e.Request, "Cookie") == "sid=[redacted]" && field(e.Request, "Authorization") == "[redacted]" &&
					e.Request.Body == "user=ann&password=[redacted]"
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				if e := played(t, tr, srv.URL, tt.do); !tt.check(e) {
					e.Response.Body, e.Request.Body = fmt.Sprintf("%.200s", e.Response.Body), fmt.Sprintf("%.200s", e.Request.Body)
					t.Errorf("kept %+v", e)
				}
			})
		})
	}
}
