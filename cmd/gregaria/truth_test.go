package main

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A target that counts for itself must agree exactly with everything that is said
// about it. A graceful stop lets every answer arrive.
func TestTruthOfTheFiles(t *testing.T) {
	t.Parallel()
	for _, api := range []*target{
		{},
		{every: 3},
		{every: 1},
		{every: 7, chunks: true},
	} {
		t.Run(fmt.Sprintf("one in %d fails, chunks %t", api.every, api.chunks), func(t *testing.T) {
			api.listen(t)
			prefix := filepath.Join(t.TempDir(), "run")
			p := launch(t, "program", "--headless", "-u", "6", "-r", "100", "--stop-timeout", "60s",
				"--host", api.URL, "--wait", "5ms", "--csv", prefix, "--csv-full-history", "get")
			said := func() string { return p.out.String() + p.log.String() }
			eventually(t, "a second and more of load", said, func() bool {
				return api.counts().requests >= 500 && strings.Count(p.out.String(), "Aggregated") >= 2
			})
			status := p.stop(syscall.SIGINT)
			want := api.counts()
			if (status != 0) != (want.failures > 0) {
				t.Errorf("exit status %d with %d failures", status, want.failures)
			}

			table := aggregated(t, read(t, prefix+"_stats.csv"))
			checkCounts(t, "_stats.csv", table["Request Count"], table["Failure Count"], want)
			mean := strconv.FormatFloat(float64(api.sent())/float64(want.requests), 'f', 3, 64)
			if got := table["Average Content Size"]; got != strings.TrimSuffix(strings.TrimRight(mean, "0"), ".") {
				t.Errorf("_stats.csv: %s bytes on average, the target sent %s", got, mean)
			}
			history := aggregated(t, read(t, prefix+"_stats_history.csv"))
			checkCounts(t, "the end of _stats_history.csv", history["Total Request Count"], history["Total Failure Count"], want)
			var failures int64
			for _, line := range parseCSV(t, read(t, prefix+"_failures.csv")) {
				n, _ := strconv.ParseInt(line["Occurrences"], 10, 64)
				failures += n
			}
			if failures != want.failures {
				t.Errorf("_failures.csv has %d failures, the target made %d", failures, want.failures)
			}
			printed := regexp.MustCompile(`Aggregated +(\d+) +(\d+)`).FindAllStringSubmatch(p.out.String(), -1)
			if len(printed) == 0 {
				t.Fatalf("no total in what was printed:\n%s", p.out.String())
			}
			end := printed[len(printed)-1]
			checkCounts(t, "the last table printed", end[1], end[2], want)
		})
	}
}

// The same through the page, with users that come and go in between.
func TestTruthOfThePage(t *testing.T) {
	t.Parallel()
	api := (&target{every: 5, pause: 2 * time.Millisecond}).listen(t)
	gregaria := serve(t, "-u", "4", "-r", "100", "--stop-timeout", "60s", "--host", api.URL, "--wait", "5ms", "get")
	p := open(t, gregaria.url)
	for round := range 2 { // the second run must not remember the first
		before, sent := api.counts(), api.sent()
		if round > 0 {
			p.click("New")
		}
		p.click("Start swarming")
		p.until(`state() === "running"`)
		for _, users := range []int{1, 6, 2} {
			gregaria.post("/swarm", url.Values{"user_count": {strconv.Itoa(users)}})
			p.until(fmt.Sprintf(`state() === "running" && number("Users") === %d && requests() > 0`, users))
		}
		p.click("Stop")
		p.until(`state() === "stopped"`)

		after := api.counts()
		want := counts{after.requests - before.requests, after.failures - before.failures}
		mean := float64(api.sent()-sent) / float64(want.requests)
		sum := eval[[]string](p, "total()")
		checkCounts(t, "the page", plain(sum[2]), plain(sum[3]), want)
		if got, want := plain(sum[10]), strconv.FormatFloat(mean, 'f', 0, 64); got != want {
			t.Errorf("the page says %s bytes on average, the target sent %s", got, want)
		}
		r := gregaria.report()
		if r.total() != want {
			t.Errorf("/stats/requests says %+v, the target counted %+v", r.total(), want)
		}
		if got := r.Stats[len(r.Stats)-1].Bytes; math.Abs(got-mean) > 1e-6 {
			t.Errorf("/stats/requests says %v bytes on average, the target sent %v", got, mean)
		}
		for _, path := range []string{"/stats/requests/csv", "/stats/requests_full_history/csv"} {
			line := aggregated(t, gregaria.get(path))
			prefix := ""
			if strings.Contains(path, "history") {
				prefix = "Total "
			}
			checkCounts(t, path, line[prefix+"Request Count"], line[prefix+"Failure Count"], want)
		}
		p.click("Failures")
		p.until(`one("table.failures") !== undefined`)
		if kinds := eval[[][]string](p, "rows()"); len(kinds) != 1 || !strings.HasPrefix(plain(kinds[0][0]), strconv.FormatInt(want.failures, 10)+" ") {
			t.Errorf("the Failures tab says %q, want one row of %d", kinds, want.failures)
		}
		p.click("Statistics")
	}
}

// A stop without patience cuts what is under way: at most one request per user is
// missing, and none is called a failure.
func TestACutLosesAtMostOneRequestPerUser(t *testing.T) {
	t.Parallel()
	const users = 10
	gregaria := serve(t, "get")
	for range 3 {
		api := (&target{pause: 60 * time.Millisecond}).listen(t) // or it may still see what was cut before
		gregaria.post("/swarm", url.Values{"user_count": {strconv.Itoa(users)}, "spawn_rate": {"1000"}, "host": {api.URL}})
		gregaria.until("some requests are counted", func(r report) bool { return r.State == "running" && r.total().requests > 3*users })
		gregaria.post("/stop", nil)
		r := gregaria.report()
		asked := api.counts().requests
		if missing := asked - r.total().requests; r.State != "stopped" || missing < 0 || missing > users {
			t.Errorf("%s: %d requests are counted and the target saw %d, want at most %d missing", r.State, r.total().requests, asked, users)
		}
		if r.total().failures != 0 {
			t.Errorf("a cut made %d failures, want none", r.total().failures)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkCounts compares what is said about a target with what it counted.
func checkCounts(t *testing.T, where, requests, failures string, want counts) {
	t.Helper()
	if got := requests + " " + failures; got != fmt.Sprintf("%d %d", want.requests, want.failures) {
		t.Errorf("%s: %s requests, %s failures; the target counted %d, %d", where, requests, failures, want.requests, want.failures)
	}
}
