package wire

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

func TestARestingUserKeepsConnectionAndCookies(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/set" {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		}
		w.Header().Set("X-Peer", r.RemoteAddr)
		w.Write([]byte(r.Header.Get("Cookie")))
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		tr.Rest() // before the first request
		if _, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/set"}); err != nil {
			t.Fatal(err)
		}
		first := tr.Header("X-Peer")
		for range 3 {
			tr.Rest()
			tr.Rest()
			if body, err := tr.Body(); len(body) > 0 || err != nil || tr.Header("X-Peer") != "" {
				t.Errorf("resting: body %q, %v, field %q; want nothing", body, err, tr.Header("X-Peer"))
			}
			ans, err := get(tr, srv.URL)
			wantOK(t, tr, ans, err, "a=1")
			if again := tr.Header("X-Peer"); again != first || ans.Dial != nil {
				t.Errorf("connected again: %s, then %s", first, again)
			}
		}
		tr.Close()
		tr.Rest()
	})
}

func TestRestGivesBackWhatOthersCanUse(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 5<<20))
	}))
	defer srv.Close()
	d := NewDialer(Options{Memory: 6 << 20})
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			first, second := k.make(d), k.make(d)
			defer first.Close()
			defer second.Close()
			for _, tr := range []load.Transport{first, second} {
				if _, err := get(tr, srv.URL); err != nil {
					t.Fatal(err)
				}
				if body, err := tr.Body(); err != nil || len(body) != 5<<20 {
					t.Errorf("Body: %d bytes, %v; want all", len(body), err)
				}
				tr.Rest()
				if left := d.memory.Load(); left != 6<<20 {
					t.Errorf("%d bytes of the memory of all are left, want all", left)
				}
			}
		})
	}
}
