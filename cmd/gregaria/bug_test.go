package main

import (
	"slices"
	"testing"

	"github.com/gregaria/gregaria/scenarios/demo"
)

// The lesson of the demo: one user never sees its bug, a crowd does, and the page
// says where it is in a single row.
func TestTheBugShowsAsOneRow(t *testing.T) {
	t.Parallel()
	api, err := demo.Listen("127.0.0.1:0", demo.Options{Bug: true}) // --demo-bug would need a port that others may have
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	gregaria := serve(t, "-u", "1", "-r", "20", "--stop-timeout", "60s", "--host", "http://"+api.Addr(), "cities")
	p := open(t, gregaria.url)

	p.click("Start swarming")
	p.until(`state() === "running" && requests() >= 200`)
	p.click("Stop")
	p.until(`state() === "stopped"`)
	if got := eval[float64](p, "fails()"); got != 0 {
		t.Errorf("one user: %v failures, want none:\n%s", got, gregaria.get("/stats/failures/csv"))
	}

	p.click("New")
	p.fill("Number of users", "20")
	p.click("Start swarming")
	p.until(`state() !== "stopped" && number("Users") === 20 && requests() >= 1000 && fails() >= 10`)
	p.click("Stop")
	p.until(`state() === "stopped"`)
	for _, row := range eval[[][]string](p, "rows()") {
		method, name, fails := row[0], row[1], row[3]
		if buggy := method == "GET" && name == "/api/v1/cities/{id}"; buggy == (fails == "0") {
			t.Errorf("20 users: %s %s failed %s times, want failures of GET /api/v1/cities/{id} and of nothing else", method, name, fails)
		}
	}
	p.click("Failures")
	p.until(`all("table.failures").length === 1`)
	kinds := eval[[][]string](p, "rows()")
	if len(kinds) != 1 || !slices.Equal(kinds[0][1:3], []string{"GET", "/api/v1/cities/{id}"}) {
		t.Errorf("20 users: failures are %q, want one row, of GET /api/v1/cities/{id}", kinds)
	}
}
