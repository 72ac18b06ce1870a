package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gregaria/gregaria/engine/load"
)

// formSuite has something for each part of the start form.
var formSuite = load.Suite{Scenarios: []load.Planner{
	load.Scenario[struct{}]{
		Name: "shop", Weight: 2, Wait: load.Constant(20 * time.Millisecond),
		Params: []load.Parameter{
			load.Param[string]{Name: "token", Default: "built-in-token", Secret: true},
			formLoud, formPause,
		},
		Tasks: []load.Task[struct{}]{
			{Name: "buy", Run: func(_ *struct{}, u *load.User) error {
				path := "/buy"
				if formLoud.Of(u) {
					path = "/buy-loudly"
				}
				return u.Get(path).Err()
			}},
			{Name: "browse", Weight: 3, Run: func(_ *struct{}, u *load.User) error { return u.Get("/browse").Err() }},
		},
	},
	load.Scenario[struct{}]{
		Name: "look", Wait: load.Constant(20 * time.Millisecond),
		Tasks: []load.Task[struct{}]{{Name: "look", Run: func(_ *struct{}, u *load.User) error { return u.Get("/look").Err() }}},
	},
}}

var (
	formLoud  = load.Param[bool]{Name: "loud", Help: "another address"}
	formPause = load.Param[time.Duration]{Name: "pause", Default: time.Second}
)

// A mistake is said beside its field, what was typed stays, and nothing starts.
func TestMistakesAreSaidBesideTheirFields(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "2", "--wait", "50ms", "get")
	p := open(t, gregaria.url)
	p.allow("status of 422") // the browser's own words for an answer that refuses
	typed := map[string]string{"Number of users": "many", "Spawn rate": "-1", "Host": "http:127.0.0.1", "Run time": "soon"}
	p.click("Advanced")
	for field, value := range typed {
		p.fill(field, value)
	}
	p.click("Start swarming")
	note := func(field string) string {
		return fmt.Sprintf(`text(document.getElementById(field(%q).getAttribute("aria-describedby")))`, field)
	}
	for field, value := range typed {
		p.until(fmt.Sprintf(`%s !== "" && field(%q).getAttribute("aria-invalid") === "true"`, note(field), field))
		if got := eval[string](p, fmt.Sprintf("field(%q).value", field)); got != value {
			t.Errorf("field %s holds %q after the mistake, want %q as typed", field, got, value)
		}
	}
	if got := eval[bool](p, `document.activeElement === field("Number of users")`); !got {
		t.Error("the first field with a mistake does not have the focus")
	}
	if r := gregaria.report(); r.State != "ready" {
		t.Errorf("state %s after mistakes, want ready", r.State)
	}

	p.fill("Number of users", "2")
	p.fill("Spawn rate", "2")
	p.fill("Run time", "")
	p.click("Start swarming")
	p.until(note("Number of users") + ` === ""`)
	p.until(note("Host") + ` !== ""`)
	p.fill("Host", api.URL)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 0`)

	p.click("Edit")
	p.fill("Number of users", "0.5")
	p.click("Update")
	p.until(note("Number of users") + ` !== "" && field("Number of users").value === "0.5"`)
	p.fill("Number of users", "3")
	p.click("Update")
	p.until(`number("Users") === 3 && !document.querySelector("dialog:modal")`)
}

// While one types, a mistake shows beside its field and goes when it is put right.
// Fields that nobody has touched say nothing, and nobody loses the focus.
func TestMistakesShowAsOneTypes(t *testing.T) {
	t.Parallel()
	gregaria := serve(t, "-u", "2", "-r", "2", "get")
	p := open(t, gregaria.url)
	note := func(field string) string {
		return fmt.Sprintf(`text(document.getElementById(field(%q).getAttribute("aria-describedby")))`, field)
	}
	p.fill("Number of users", "many")
	p.until(note("Number of users") + `.includes("whole number") && field("Number of users").getAttribute("aria-invalid") === "true"`)
	if got := eval[bool](p, `document.activeElement === field("Number of users")`); !got {
		t.Error("the focus went elsewhere while one typed")
	}
	if got := eval[string](p, note("Host")); got != "" {
		t.Errorf("the host, which nobody has touched, says %q", got)
	}
	p.fill("Number of users", "3")
	p.until(note("Number of users") + ` === "" && !field("Number of users").hasAttribute("aria-invalid")`)
	p.fill("Host", "ftp://x")
	p.until(note("Host") + `.includes("http://x")`)
	p.fill("Host", "http://x")
	p.until(note("Host") + ` === ""`)
	p.click("Checks")
	p.fillIn(`all("[name=checks]")[0]`, "p95 under 300ms")
	p.until(`text(one(".checks .error")) !== "" && one("[name=checks]").getAttribute("aria-invalid") === "true"`)
	p.fillIn(`all("[name=checks]")[0]`, "p95 < 300ms")
	p.until(`!one(".checks .error") && !one("[name=checks]").hasAttribute("aria-invalid")`)
	if r := gregaria.report(); r.State != "ready" {
		t.Errorf("state %s after typing, want ready", r.State)
	}
}

// What is picked, weighed, switched off and set in the form is what runs.
func TestTheFormsChoicesReachTheRun(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serveAs(t, "forms", "-u", "8", "-r", "100", "--host", api.URL)
	p := open(t, gregaria.url)
	summary := func(section string) string {
		return fmt.Sprintf(`text(named(%q).querySelector("[data-sum]"))`, section)
	}
	p.until(summary("Scenarios") + ` === "all 2, weights 2:1"`)
	p.click("Scenarios")
	p.fill("weight of shop", "3")
	p.until(summary("Scenarios") + ` === "all 2, weights 3:1" && all(".pick > .share").map(text).join() === "75\u202f%,25\u202f%"`)
	p.click("2 tasks")
	p.clickOn(`one('[role=switch][value="shop/browse"]')`)
	p.until(summary("Scenarios") + ` === "all 2, weights 3:1, 1 task off" && all(".tasks .share").map(text).join() === "100\u202f%,–"`)
	p.click("Parameters")
	p.clickOn(`field("loud")`)
	p.until(summary("Parameters") + ` === "loud true"`)
	p.fill("token", "typed-token")
	p.click("Checks")
	p.fillIn(`all("[name=checks]")[0]`, "fail% < 1")
	p.click("Add a check")
	p.fillIn(`all("[name=checks]")[1]`, "GET /look p95 < 3s")
	p.fill("Stop after", "20s")
	p.until(summary("Checks") + ` === "2 checks, stop after 20s"`)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 20`)

	shares := func() map[string]float64 {
		var answer struct {
			Classes map[string]struct {
				Ratio float64
				Tasks map[string]any
			} `json:"per_class"`
		}
		if err := json.Unmarshal(gregaria.get("/tasks"), &answer); err != nil {
			t.Fatal(err)
		}
		m := map[string]float64{}
		for name, class := range answer.Classes {
			m[name] = class.Ratio
			for task := range class.Tasks {
				m[name+"/"+task] = 1
			}
		}
		return m
	}
	if got, want := shares(), (map[string]float64{"shop": 0.75, "shop/buy": 1, "look": 0.25, "look/look": 1}); !maps.Equal(got, want) {
		t.Errorf("GET /tasks tells of %v, want %v", got, want)
	}
	var names []string
	for _, row := range gregaria.report().Stats {
		names = append(names, row.Name)
	}
	if want := []string{"/buy-loudly", "/look", "Aggregated"}; !slices.Equal(names, want) {
		t.Errorf("requests went to %q, want %q", names, want)
	}

	// The edit form holds what the run has, and changes it.
	p.click("Edit")
	p.until(summary("Weights") + ` === "3:1" && ` + summary("Checks") + ` === "2 checks, stop after 20s"`)
	p.click("Checks")
	p.until(`all("[name=checks]").map((i) => i.value).join("|") === "fail% < 1%|GET /look p95 < 3s|"`)
	p.clickOn(`all("[data-remove]")[0]`)
	p.click("Weights")
	p.fill("weight of shop", "1")
	p.click("Update")
	p.until(`!document.querySelector("dialog:modal")`)
	eventually(t, "half of the users are of each scenario", func() string { return fmt.Sprint(shares()) },
		func() bool { return math.Abs(shares()["shop"]-0.5) < 0.01 })
	p.click("Edit")
	p.until(summary("Weights") + ` === "1:1" && ` + summary("Checks") + ` === "1 check, stop after 20s"`)
	p.press(kb.Escape)

	// A secret is in no page, and the next run has what the last one had.
	p.click("Stop")
	p.until(`state() === "stopped"`)
	p.reload()
	p.click("New")
	p.until(summary("Scenarios") + ` === "all 2, weights 1:1, 1 task off" && ` + summary("Parameters") + ` === "loud true"`)
	for _, secret := range []string{"typed-token", "built-in-token"} {
		if strings.Contains(string(gregaria.get("/")), secret) || eval[bool](p, fmt.Sprintf("document.documentElement.outerHTML.includes(%q)", secret)) {
			t.Errorf("the page contains the secret %s", secret)
		}
	}
	p.until(fmt.Sprintf(`[...field("Host").list.options].some((o) => o.value === %q)`, api.URL))
}

// Single keys do what buttons do, but not while one types.
func TestKeysDoWhatButtonsDo(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "get")
	p := open(t, gregaria.url)
	p.until(`document.activeElement === field("Number of users")`)
	p.press("?") // is typed
	p.until(`!document.querySelector("dialog:modal") && field("Number of users").value.includes("?")`)
	p.fill("Number of users", "3")
	p.pressWith(chromedp.ModifierCtrl, kb.Enter)
	p.until(`state() === "running" && requests() > 0 && number("Users") === 3`)

	p.press("?")
	p.until(`top().id === "keys" && text(top()).includes("Stop")`)
	p.press("S") // the list is open, and other keys wait
	p.press(kb.Escape)
	p.until(`!document.querySelector("dialog:modal") && state() === "running"`)
	p.press("3")
	p.until(`location.search === "?tab=charts"`)
	p.press("7") // which it is, although there is no tab of checks
	p.until(`location.search === "?tab=ratio"`)
	p.press("3")
	p.until(`location.search === "?tab=charts"`)
	p.press("n")
	p.until(`top().id === "edit" && document.activeElement === field("Number of users")`)
	p.press("s3")
	p.until(`state() === "running" && location.search === "?tab=charts" && field("Number of users").value.includes("s3")`)
	p.fill("Number of users", "1")
	p.pressWith(chromedp.ModifierMeta, kb.Enter)
	p.until(`!document.querySelector("dialog:modal") && number("Users") === 1`)
	p.press("s")
	p.press("S")
	p.until(`state() === "stopped"`)
	p.pressWith(chromedp.ModifierCtrl, kb.Enter)
	p.until(`top().id === "start"`)
	p.press(kb.Escape)
	p.until(`!document.querySelector("dialog:modal")`)

	// Who finds them in the way turns them off, with the mouse too.
	p.clickOn(`one("[data-open=keys]")`)
	p.clickOn(`document.getElementById("single-keys")`)
	p.click("Close")
	p.reload()
	p.until(`state() === "stopped" && !document.getElementById("single-keys").checked`)
	p.press("n")
	p.pressWith(chromedp.ModifierCtrl, kb.Enter)
	p.until(`top().id === "start"`)
	if got := eval[bool](p, `document.querySelectorAll("dialog:modal").length === 1`); !got {
		t.Error("n, which is turned off, opened something")
	}
}

// Who has no mouse does the same.
func TestEverythingWorksByKeyboard(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "get")
	p := open(t, gregaria.url)
	p.until(`document.activeElement === field("Number of users")`)
	p.press(kb.Enter)
	p.until(`state() === "running" && requests() > 0 && document.activeElement.id === "content"`)

	p.tabTo("Edit")
	p.press(" ")
	p.until(`top().id === "edit" && document.activeElement === field("Number of users")`)
	p.press(kb.Escape)
	p.until(`!document.querySelector("dialog:modal") && text(document.activeElement) === "Edit"`)
	p.press(kb.Enter)
	p.until(`document.activeElement === field("Number of users")`)
	p.fill("Number of users", "4")
	p.press(kb.Enter)
	p.until(`number("Users") === 4 && !document.querySelector("dialog:modal")`)

	// What had the focus is gone with the table: one goes on where the row's page begins,
	// and comes back to the row.
	eval[bool](p, `(one("#rows tbody .name a:not(.pin)").focus(), true)`)
	p.press(kb.Enter)
	p.until(`text(one("#endpoint-name")) === "GET /" && document.activeElement.id === "content"`)
	eval[bool](p, `(history.back(), true)`)
	p.until(`!location.search && document.activeElement === one("#rows tbody .name a:not(.pin)")`)

	p.tabTo("Charts")
	p.press(kb.Enter)
	p.until(`location.search === "?tab=charts" && all(".uplot").length === 3`)
	p.tabTo("Stop")
	p.press(kb.Enter)
	p.until(`state() === "stopped"`)
	p.tabTo("New")
	p.press(" ")
	p.until(`top().id === "start" && document.activeElement === field("Number of users")`)
}

// tabTo presses the tab key until a link or button has the focus, and checks that
// the eye can see it there.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	for range 300 {
		if eval[bool](p, fmt.Sprintf("document.activeElement === named(%q)", name)) {
			if eval[bool](p, `getComputedStyle(document.activeElement).outlineStyle === "none"`) {
				p.t.Errorf("%s has the focus and nothing shows it", name)
			}
			return
		}
		p.press("\t")
	}
	p.t.Fatalf("the tab key never gets to %s:\n%s", name, p.words())
}
