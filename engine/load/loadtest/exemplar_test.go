package loadtest_test

import (
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

func TestATestSeesWhatFailedInDetail(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		switch r.URL.Path {
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(500)
			w.Write(zipped("plain"))
		case "/away":
			http.Redirect(w, r, "/gone", http.StatusSeeOther)
		case "/slow":
			io.WriteString(w, strings.Repeat("x", 5000))
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusGone)
			io.WriteString(w, "gone")
		}
	})
	key := load.Param[string]{Name: "key", Secret: true}
	for _, tt := range []struct {
		do   func(u *load.User)
		want string // status, URL, request, response
	}{
		{
			func(u *load.User) { u.Post("/gone", load.JSON(map[string]string{"key": key.Of(u)})) },
			`410 http://target.test/gone {"key":"[redacted]"} gone [{Content-Length 4} {X-Path /gone}] ` +
				`[{Host target.test} {Accept-Encoding gzip} {Content-Type application/json} {User-Agent gregaria} {Content-Length 16}]`,
		},
		{
			func(u *load.User) { u.Get("/gzip") },
			`500 http://target.test/gzip  plain [{Content-Encoding gzip} {Content-Length 29} {X-Path /gzip}] ` +
				`[{Host target.test} {Accept-Encoding gzip} {User-Agent gregaria}]`,
		},
		{
			func(u *load.User) { u.Put("/away", load.Body("text/plain", []byte("go"))) },
			`410 http://target.test/away go gone [{Content-Length 4} {X-Path /gone}] ` +
				`[{Host target.test} {Content-Type text/plain} {Content-Length 2}]`,
		},
		{
			func(u *load.User) {
				u.Get("/slow", load.Timeout(time.Second), load.Each(func([]byte) error { return nil }))
			},
			`0 http://target.test/slow   [{Content-Type text/plain; charset=utf-8} {X-Path /slow}] ` +
				`[{Host target.test} {Accept-Encoding identity} {User-Agent gregaria}]`,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			got := loadtest.Try(t, load.Scenario[struct{}]{
				Name: "s", Params: []load.Parameter{key}, Tasks: []load.Task[struct{}]{
					{Name: "set", Tasks: []load.Task[struct{}]{{Name: "do", Run: func(_ *struct{}, u *load.User) error { tt.do(u); return nil }}}},
				},
			}, h, loadtest.Options{Params: map[string]string{"key": "s3cr3t"}})
			if len(got.Failures) != 1 || len(got.Failures[0].Samples) != 1 {
				t.Fatalf("failures %+v, want one in detail", got.Failures)
			}
			e := got.Failures[0].Samples[0]
			text := fmt.Sprintf("%d %s %s %s %v %v", e.Status, e.URL, e.Request.Body, e.Response.Body, e.Response.Fields, e.Request.Fields)
			if text != tt.want || e.Task != "set/do" || e.Iteration != 1 {
				t.Errorf("kept of %s, iteration %d\n%s\nwant\n%s", e.Task, e.Iteration, text, tt.want)
			}
		})
	}
}
