package demo

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkPair is one city added and read back, with no database to wait for:
// what the API itself costs. The store is full, as after a minute of load.
func BenchmarkPair(b *testing.B) {
	for _, bug := range []bool{false, true} {
		b.Run(fmt.Sprintf("bug=%t", bug), func(b *testing.B) {
			a := newAPI(Options{Bug: bug})
			a.query = func() {}
			for range maxCities {
				a.cities.add(newID(), "c")
			}
			api := a.routes()
			var users atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				v := signIn(b, api, fmt.Sprintf("user%d@demo.test", users.Add(1)))
				for pb.Next() {
					v.send("GET", "/api/v1/cities/"+v.addCity(b, "c"), "")
				}
			})
			b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}

// BenchmarkServer is the same pair over TCP, database and all, by 1 to 100
// users who never pause. The client takes its share of the processor too.
func BenchmarkServer(b *testing.B) {
	for _, users := range []int{1, 2, 5, 20, 100} {
		for _, bug := range []bool{false, true} {
			b.Run(fmt.Sprintf("users=%d/bug=%t", users, bug), func(b *testing.B) {
				server, err := Listen("127.0.0.1:0", Options{Bug: bug})
				if err != nil {
					b.Fatal(err)
				}
				defer server.Close()
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: users}}
				defer client.CloseIdleConnections()
				tokens := make([]string, users)
				for n := range tokens {
					tokens[n] = signIn(b, over(client, server), fmt.Sprintf("user%d@demo.test", n)).token
				}
				var pairs, failed atomic.Int64
				var done sync.WaitGroup
				b.ResetTimer()
				for _, token := range tokens {
					done.Go(func() {
						v := visitor{over(client, server), token}
						for pairs.Add(1) <= int64(b.N) {
							if v.send("GET", "/api/v1/cities/"+v.addCity(b, "c"), "").Code != http.StatusOK {
								failed.Add(1)
							}
						}
					})
				}
				done.Wait()
				b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "req/s")
				b.ReportMetric(100*float64(failed.Load())/float64(b.N), "%failed")
			})
		}
	}
}

// over is a server as a handler: requests go over the wire and back.
func over(client *http.Client, server *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequest(r.Method, "http://"+server.Addr()+r.URL.Path, r.Body)
		if err != nil {
			panic(err)
		}
		out.Header = r.Header
		resp, err := client.Do(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	})
}
