package demo

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewsComeOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := New(Options{})
		ann := signIn(t, api, "ann@demo.test")
		began := time.Now()
		done := make(chan struct{})
		w := httptest.NewRecorder()
		go func() {
			defer close(done)
			api.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/news", nil))
		}()
		time.Sleep(newsEvery / 2)
		ann.addCity(t, "Rome")
		<-done
		if took := time.Since(began); took != (newsEvents-1)*newsEvery {
			t.Errorf("the news took %s, want %s", took, (newsEvents-1)*newsEvery)
		}
		want := []string{"id: 1", `data: {"cities":0}`, ""}
		for i := 2; i <= newsEvents; i++ {
			want = append(want, fmt.Sprint("id: ", i), `data: {"cities":1}`, "")
		}
		var got []string
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			got = append(got, lines.Text())
		}
		if !slices.Equal(got, want) || !w.Flushed {
			t.Errorf("news, flushed %t:\n got %q\nwant %q, flushed", w.Flushed, got, want)
		}
	})
}

func TestNewsEndWithTheirReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", "/api/v1/news", nil)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(newsEvery+newsEvery/2, cancel)
		began := time.Now()
		New(Options{}).ServeHTTP(httptest.NewRecorder(), r)
		if took := time.Since(began); took != newsEvery+newsEvery/2 {
			t.Errorf("the news went on for %s, want until the reader left at %s", took, newsEvery+newsEvery/2)
		}
	})
}
