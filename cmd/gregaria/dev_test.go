package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// worked is a program of scenarios that someone works on.
const worked = `package main

import (
	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/engine/load"
)

type shopper struct{}

func (s *shopper) look(u *load.User) error { return u.Get("/healthz").Err() }

var shop = load.Scenario[shopper]{Name: "shop", Tasks: []load.Task[shopper]{{Run: (*shopper).look}}}

func main() { cli.Main(load.Suite{Scenarios: []load.Planner{shop}}) }
`

// TestThePageTellsOfABrokenChangeAndKeepsWhatWasTyped works on a program while its page
// is open.
func TestThePageTellsOfABrokenChangeAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "shop")
	save := func(name, text string, replace ...string) {
		t.Helper()
		modtest.Write(t, dir, name, strings.NewReplacer(replace...).Replace(text))
	}
	save("shop.go", worked)
	modtest.Go(t, dir, "build", "-o", os.DevNull) // so that later builds take no longer than a link

	p := launchIn(t, dir, append(modtest.Env(), "GOFLAGS=-mod=mod -ldflags=-w"), "program", "dev", "--web-port", "0")
	p.findPage("dev")
	tab := open(t, p.url)
	tab.allow("WebSocket connection to", "htmx:ws:error", "Failed to load resource") // while the program restarts
	tab.fill("Number of users", "321")
	tab.fill("Host", "http://127.0.0.1:1/<b>")
	users := fmt.Sprintf("%q", eval[string](tab, `document.querySelector("#start [name=user_count]").value`))
	// built waits for what a build leads to, which takes longer than a page.
	built := func(what, expression string) {
		t.Helper()
		deadline, limited := t.Deadline()
		for !limited || time.Until(deadline) > 10*time.Second { // which are to say what is there instead
			if ok, err := tryEval[bool](tab, expression); ok && err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("not yet: %s; instead:\n%s\nlog:\n%s", what, tab.words(), p.log.String())
	}

	save("shop.go", worked, "u.Get", "u.Gte")
	built("the page shows the error", `document.querySelector("#rebuild pre")?.textContent.includes("shop.go:10:55: u.Gte undefined")`)
	built("the error is announced", `document.getElementById("announce").textContent === "The latest change does not build."`)
	built("the form is as it was typed", `document.querySelector("#start [name=user_count]").value === `+users)

	// Another scenario makes another form, so the page is loaded anew.
	save("shop.go", worked, "{shop}", "{shop, late}", "func main", "var late = load.Scenario[shopper]{Name: \"late\", Tasks: shop.Tasks}\n\nfunc main")
	built("the new scenario is offered and picked", `document.querySelector("#start input[name=user_classes][value=late]")?.checked === true`)
	built("the error is gone", `!document.getElementById("rebuild")`)
	built("what was typed is there", `document.querySelector("#start [name=user_count]").value === `+users+` && document.querySelector("#start [name=host]").value === "http://127.0.0.1:1/<b>"`)
	built("the cursor is where it was", `document.activeElement.name === "host"`)
	built("the form is part of the page", `document.getElementById("start").open && !document.getElementById("start").matches(":modal")`)

	// A program that ends makes way for a page that says why, and comes back.
	save("shop.go", worked, "func main() {", "func main() { if _, child := os.LookupEnv(\"_GREGARIA_DEV\"); child { os.Stderr.WriteString(\"nobody is in\\n\"); os.Exit(2) };", "import (", "import (\n\t\"os\"\n")
	built("the page says why the program ended", `document.querySelector(".waiting #rebuild pre")?.textContent.includes("nobody is in")`)
	save("shop.go", worked)
	built("the program is back, and what was typed", `document.querySelector("#start [name=user_count]")?.value === `+users)
}
