package demo

import (
	"fmt"
	"net/http"
	"time"
)

// A stream of news has so many events, so far apart, and ends.
const (
	newsEvents = 10
	newsEvery  = 20 * time.Millisecond
)

// news answers GET /api/v1/news with server-sent events, each of which says how many
// cities have been added so far.
func (a *api) news(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	next := time.NewTicker(newsEvery)
	defer next.Stop()
	for i := range newsEvents {
		if i > 0 {
			select {
			case <-next.C:
			case <-r.Context().Done():
				return
			}
		}
		fmt.Fprintf(w, "id: %d\ndata: {\"cities\":%d}\n\n", i+1, a.cities.added())
		if stream.Flush() != nil {
			return
		}
	}
}
