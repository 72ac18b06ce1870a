package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// The whole of what the page promises, by mouse, in the order a newcomer would
// try it.
func TestStory(t *testing.T) {
	t.Parallel()
	api := (&target{every: 7}).listen(t)
	flags := []string{"--web-port", freePort(t), "-u", "20", "-r", "20", "--stop-timeout", "60s", "--host", api.URL, "--wait", "100ms", "get"}
	gregaria := serve(t, flags...)

	p := open(t, gregaria.url)
	for field, want := range map[string]string{"Number of users": "20", "Spawn rate": "20", "Host": api.URL} {
		if got := eval[string](p, fmt.Sprintf("field(%q).value", field)); got != want {
			t.Errorf("first paint: field %s holds %q, want %q", field, got, want)
		}
	}
	if got := eval[string](p, "state()"); got != "ready" {
		t.Errorf("first paint: state %q, want ready", got)
	}

	p.click("Start swarming")
	p.until(`["spawning", "running"].includes(state())`)
	p.until(`state() === "running" && number("Users") === 20`)
	p.growing()

	// A second reader, who comes later, in a browser of their own.
	other := open(t, gregaria.url)
	if got := eval[string](other, "state()"); got != "running" {
		t.Errorf("second reader's first paint: state %q, want running", got)
	}
	other.growing()

	p.click("Edit")
	p.fill("Number of users", "5")
	p.click("Update")
	p.until(`!document.querySelector("dialog:modal") && number("Users") === 5 && state() === "running"`)
	other.until(`number("Users") === 5`)

	p.click("Percentiles")
	p.until(`all("thead th").some((h) => text(h).startsWith("99.9%ile")) && location.search === "?tab=percentiles"`)
	p.click("Charts")
	p.until(`all(".uplot canvas").length === 3 && all(".uplot canvas").every((c) => {
		const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		return pixels.some((x) => x > 0);
	})`)
	p.click("Failures")
	p.until(`rows().length === 1 && rows()[0][1] === "GET" && rows()[0][2] === "/" && rows()[0][3].includes("500")`)
	p.click("Exceptions")
	p.until(`text(one("main .nothing")).startsWith("No exceptions")`)
	p.click("Download")
	p.until(`all("a[download]").length >= 4`)

	p.click("Statistics")
	p.click("# Requests")
	p.until(`location.search === "?sort=-requests" && text(one("th[aria-sort=descending]")) === "# Requests"`)
	p.reload()
	p.until(`location.search === "?sort=-requests" && text(one("th[aria-sort=descending]")) === "# Requests"`)
	if got := eval[string](other, "location.search"); got != "" {
		t.Errorf("the other reader's view became %q when this one sorted, want it left alone", got)
	}

	p.click("Percentiles")
	p.until(`location.search === "?sort=-requests&tab=percentiles"`)
	p.run(chromedp.NavigateBack())
	p.until(`location.search === "?sort=-requests" && all("thead th").some((h) => text(h) === "# Fails")`)

	before := eval[int64](p, "requests()")
	p.click("Reset")
	eventually(t, "the page counts anew", p.words, func() bool {
		since := eval[int64](p, `state() === "running" && requests() || 1e9`)
		return before+since <= api.counts().requests
	})
	p.growing()

	p.click("Stop")
	p.until(`state() === "stopped" && number("Users") === 0 && Boolean(named("New"))`)
	other.until(`state() === "stopped"`)
	sum := eval[[]string](p, "total()")
	if again := eval[[]string](other, "total()"); !slices.Equal(again, sum) {
		t.Errorf("after the stop the other reader sees %q, want %q as here", again, sum)
	}
	p.reload()
	if again := eval[[]string](p, "total()"); !slices.Equal(again, sum) {
		t.Errorf("after a reload the page says %q, want %q as before", again, sum)
	}
	p.click("Download")
	line := aggregated(t, p.download("Request statistics"))
	for i, column := range map[int]string{2: "Request Count", 3: "Failure Count"} {
		if got, want := line[column], plain(sum[i]); got != want {
			t.Errorf("downloaded %s is %s, want the page's %s", column, got, want)
		}
	}
	for _, name := range []string{"Full history", "Failures", "Exceptions"} {
		parseCSV(t, p.download(name))
	}

	p.click("New")
	for field, want := range map[string]string{"Number of users": "5", "Spawn rate": "20", "Host": api.URL} {
		if got := eval[string](p, fmt.Sprintf("field(%q).value", field)); got != want {
			t.Errorf("New: field %s holds %q, want %q as in the run before", field, got, want)
		}
	}
	p.click("Start swarming")
	p.click("Statistics")
	p.until(`state() === "running" && number("Users") === 5 && !document.querySelector("dialog:modal")`)
	p.growing()

	// The program dies, and comes back at the same place.
	for _, viewer := range []*tab{p, other} {
		viewer.allow("WebSocket connection to", "htmx:ws:error")
		eval[bool](viewer, "(window.mark = true)")
	}
	gregaria.stop(syscall.SIGKILL)
	p.until(`text(one("#offline")).startsWith("Disconnected")`)
	other.until(`text(one("#offline")).startsWith("Disconnected")`)
	p.click("Percentiles") // to be seen when there is something to see again

	gregaria = serve(t, flags...)
	for _, viewer := range []*tab{p, other} {
		viewer.until(`!shown(document.querySelector("#offline")) && state() === "ready" && shown(named("Start swarming"))`)
		if !eval[bool](viewer, "window.mark === true") {
			t.Error("the page was loaded anew when the program came back, want the same page")
		}
	}
	other.click("Start swarming")
	p.until(`state() === "running" && number("Users") > 0`)
	other.until(`state() === "running"`)
	p.until(`location.search.includes("tab=percentiles") && text(one("nav [aria-current=page]")) === "Percentiles"`)
	p.growing()

	if status := gregaria.stop(syscall.SIGTERM); status != 1 {
		t.Errorf("exit status %d, want 1: requests failed; log:\n%s", status, gregaria.log.String())
	}
	if out := gregaria.out.String(); !strings.Contains(out, "Aggregated") {
		t.Errorf("last words lack the table:\n%s", out)
	}
}

// growing waits until the numbers have grown twice.
func (p *tab) growing() {
	p.t.Helper()
	for range 2 {
		n := 0.0
		if seen := eval[*float64](p, "requests()"); seen != nil { // NaN, before the first frame, is null
			n = *seen
		}
		p.until(fmt.Sprintf("requests() > %v", n))
	}
}

// freePort returns a port that is free on both loopback addresses, and not one of
// those that outgoing connections are given.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		free := true
		for _, host := range []string{"127.0.0.1", "::1"} {
			if conn, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
				conn.Close()
				free = false
			}
		}
		if free {
			return port
		}
	}
	t.Fatal("no free port found")
	return ""
}

// parseCSV reads the lines after the header, each by the header's names.
func parseCSV(t *testing.T, file []byte) (lines []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(file))).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("CSV: %v in\n%s", err, file)
	}
	for _, record := range records[1:] {
		line := map[string]string{}
		for i, name := range records[0] {
			line[name] = record[i]
		}
		lines = append(lines, line)
	}
	return lines
}

// aggregated returns the last line of a file, which sums up the others.
func aggregated(t *testing.T, file []byte) map[string]string {
	t.Helper()
	lines := parseCSV(t, file)
	if len(lines) == 0 || lines[len(lines)-1]["Name"] != "Aggregated" {
		t.Fatalf("file does not end with Aggregated:\n%s", file)
	}
	return lines[len(lines)-1]
}

// plain takes the spaces between thousands out of a number.
func plain(number string) string { return strings.ReplaceAll(number, "\u202f", "") }
