package main

import (
	"fmt"
	"log"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// bareCommand makes this program a loop around fasthttp's client and nothing else: no
// users, no numbers, no page.
const bareCommand = "bare-fasthttp"

// bare fetches a URL with a number of connections for a time.
func bare(args []string) {
	users, err := strconv.Atoi(args[1])
	if err != nil {
		log.Fatal(err)
	}
	duration, err := time.ParseDuration(args[2])
	if err != nil {
		log.Fatal(err)
	}
	end := time.Now().Add(duration)
	var count atomic.Int64
	var wg sync.WaitGroup
	for range users {
		wg.Go(func() {
			client := fasthttp.Client{MaxConnsPerHost: 1}
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			req.SetRequestURI(args[0])
			n := int64(0)
			for time.Now().Before(end) {
				if err := client.Do(req, resp); err != nil {
					log.Fatal(err)
				}
				n++
			}
			count.Add(n)
		})
	}
	wg.Wait()
	fmt.Println(count.Load(), "requests")
}
