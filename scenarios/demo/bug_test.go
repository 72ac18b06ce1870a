package demo

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
)

// crowd lets users sign in and then add and read back cities, all at once and
// rounds times each, and counts the answers to their GETs by status. All other
// requests must succeed. In a synctest bubble it takes no time.
func crowd(t *testing.T, api http.Handler, users, rounds int) map[int]int {
	gets := map[int]int{}
	var mu sync.Mutex // guards gets
	var done sync.WaitGroup
	for n := range users {
		done.Go(func() {
			v := signIn(t, api, fmt.Sprintf("user%d@demo.test", n))
			for round := range rounds {
				cityID := v.addCity(t, fmt.Sprintf("c%d.%d", n, round))
				status := v.send("GET", "/api/v1/cities/"+cityID, "").Code
				if list := v.send("GET", "/api/v1/cities", ""); list.Code != http.StatusOK {
					t.Errorf("GET cities: status %d, want 200: %s", list.Code, list.Body)
				}
				mu.Lock()
				gets[status]++
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return gets
}

func TestOneUserNeverSeesTheBug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gets := crowd(t, New(Options{Bug: true}), 1, 200)
		if gets[http.StatusOK] != 200 {
			t.Errorf("200 GETs by one user: got %v, want only 200s", gets)
		}
	})
}

func TestTwentyUsersSeeEachOthersData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gets := crowd(t, New(Options{Bug: true}), 20, 50)
		if gets[http.StatusOK]+gets[http.StatusNotFound] != 1000 {
			t.Errorf("1000 GETs by 20 users: got %v, want only 200s and 404s", gets)
		}
		if gets[http.StatusNotFound] < 500 {
			t.Errorf("1000 GETs by 20 users: got %v, want more than half of them 404", gets)
		}
	})
}

func TestWithoutTheBugNobodySeesAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gets := crowd(t, New(Options{}), 20, 50)
		if gets[http.StatusOK] != 1000 {
			t.Errorf("1000 GETs by 20 users: got %v, want only 200s", gets)
		}
	})
}

// The smallest crowd that shows the bug, with nothing left to chance: Bob is
// admitted while Ann's request is with the database.
func TestTheOtherRequestOverwritesTheCurrentUser(t *testing.T) {
	for _, tt := range []struct {
		bug  bool
		want int
	}{{true, http.StatusNotFound}, {false, http.StatusOK}} {
		a := newAPI(Options{Bug: tt.bug})
		a.query = func() {}
		api := a.routes()
		ann, bob := signIn(t, api, "ann@demo.test"), signIn(t, api, "bob@demo.test")
		rome := ann.addCity(t, "Rome")

		a.query = func() {
			a.query = func() {}
			bob.send("GET", "/api/v1/cities", "")
		}
		if got := ann.send("GET", "/api/v1/cities/"+rome, "").Code; got != tt.want {
			t.Errorf("with bug %t, GET her city while Bob is admitted: status %d, want %d", tt.bug, got, tt.want)
		}
	}
}
