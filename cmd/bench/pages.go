package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// watching is how many pages look on.
const watching = 100

// pages measures what open pages cost the load engine: the same run with nobody
// looking on and with many who do, in interleaved rounds.
func (b *bench) pages(ctx context.Context) error {
	fmt.Printf("\nOpen pages: %d users, %s a round, gregaria on core 0, target and readers on core 1\n", b.users, b.duration)
	var alone, watched []result
	for round := range b.rounds {
		for _, n := range []int{0, watching} {
			r, err := b.watched(ctx, n)
			if err != nil {
				return err
			}
			fmt.Printf("round %d  %3d pages  %7.2f µs CPU/request, %7.0f requests/s\n", round+1, n, r.cpu, r.rate)
			if n == 0 {
				alone = append(alone, r)
			} else {
				watched = append(watched, r)
			}
		}
	}
	cpu := func(r result) float64 { return r.cpu }
	rate := func(r result) float64 { return r.rate }
	fmt.Printf("medians: %d pages take %+.1f %% CPU a request and %+.1f %% requests/s\n", watching,
		100*(median(watched, cpu)/median(alone, cpu)-1), 100*(median(watched, rate)/median(alone, rate)-1))
	return nil
}

// watched runs a Gregaria with so many open pages and returns what it cost.
func (b *bench) watched(ctx context.Context, pages int) (r result, err error) {
	port, err := freePort()
	if err != nil {
		return r, err
	}
	cmd := onCore(ctx, 0, []string{b.program, "--web-host", "127.0.0.1", "--web-port", strconv.Itoa(port), "--autostart",
		"-u", strconv.Itoa(b.users), "-r", "10000", "-H", b.target.url, "get"})
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	host := "127.0.0.1:" + strconv.Itoa(port)
	running := func() bool {
		resp, err := http.Get("http://" + host + "/stats/requests")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return bytes.Contains(answer, []byte(`"state":"running"`))
	}
	if err := until(ctx, running); err != nil {
		return r, fmt.Errorf("gregaria does not run: %w\n%s", err, output.Bytes())
	}
	var readers sync.WaitGroup
	defer readers.Wait()
	for range pages {
		c, _, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+host+"/live", nil)
		if err != nil {
			return r, err
		}
		defer c.Close()
		readers.Go(func() {
			for {
				if _, _, err := c.NextReader(); err != nil { // which skips what is left of the one before
					return
				}
			}
		})
	}
	before, err := b.target.requests()
	if err != nil {
		return r, err
	}
	cpuBefore, began := processorTime(cmd), time.Now()
	select {
	case <-ctx.Done():
		return r, ctx.Err()
	case <-time.After(b.duration):
	}
	after, err := b.target.requests()
	took := time.Since(began)
	n := after - before
	if err != nil || n <= 0 {
		return r, fmt.Errorf("it made %v requests: %w", n, err)
	}
	return result{cpu: float64((processorTime(cmd) - cpuBefore).Microseconds()) / n, rate: n / took.Seconds()}, nil
}

// until waits until something is so.
func until(ctx context.Context, so func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for !so() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// requests returns how many requests the target has answered.
func (t *target) requests() (float64, error) {
	resp, err := http.Get(t.url + "/count")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	m := answered.FindSubmatch(page)
	if err != nil || m == nil {
		return 0, fmt.Errorf("the target does not say how many requests it answered: %w\n%s", err, page)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// answered finds the third of nginx's counters: accepted, handled, requests.
var answered = regexp.MustCompile(`(?m)^ *[0-9]+ +[0-9]+ +([0-9]+)`)

// processorTime returns the user and system time of a running command. The kernel
// counts it in hundredths of a second.
func processorTime(cmd *exec.Cmd) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before it may hold anything
	fields := strings.Fields(rest)
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
