package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/gregaria/gregaria/server/doors"
)

// signIn fills in the form that a stranger is led to.
func (p *tab) signIn(name, password string) {
	p.t.Helper()
	p.until(`location.pathname.endsWith("/login") && shown(field("Name"))`)
	p.fill("Name", name)
	p.fill("Password", password)
	p.click("Log in")
}

func TestPeopleLogInAndLookOrOperate(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	users := filepath.Join(t.TempDir(), "users")
	book := doors.Book{Users: []doors.User{
		{Name: "ann", Role: doors.Operate, Password: doors.Hash("correct horse")}, {Name: "bob", Role: doors.View, Password: doors.Hash("correct horse")},
	}}
	if err := book.Write(users); err != nil {
		t.Fatal(err)
	}
	gregaria := serve(t, "--web-login", "--web-users", users, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "get")

	// A stranger sees where to log in, in every look, and is then where they wanted to be.
	ann := open(t, gregaria.url+"/?tab=charts")
	ann.until(`location.pathname === "/login"`)
	for _, l := range looks {
		ann.seeAs(l)
		ann.accessible("the login as "+l.String(), false)
		if over := eval[int](ann, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("the login as %s is %d pixels too wide", l, over)
		}
	}
	ann.seeAs(looks[0])
	ann.allow("401")
	ann.signIn("ann", "wrong horse")
	ann.until(`text(one("[role=alert]")) === "The name or the password is wrong." && field("Name").value === "ann" && field("Password").value === ""`)
	ann.signIn("ann", "correct horse")
	ann.until(`location.pathname === "/" && location.search === "?tab=charts" && state() === "ready" && shown(named("Log out"))`)
	ann.click("Start swarming")
	ann.until(`state() === "running" && shown(named("Stop"))`)
	ann.turnTo("Charts")

	// A link on another site leads into the page, not to its login.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<link rel="icon" href="data:,"><a href="`+gregaria.url+`/?tab=charts">charts</a>`)
	}))
	defer elsewhere.Close()
	ann.goTo(elsewhere.URL)
	ann.click("charts")
	ann.until(`state() === "running" && location.search === "?tab=charts"`)

	// Who may only look sees everything but buttons, and no trick helps.
	bob := open(t, gregaria.url)
	bob.signIn("bob", "correct horse")
	bob.until(`state() === "running" && requests() > 0 && text(one(".look-only")) === "View only" && text(one("#reader")).startsWith("bob")`)
	if got := eval[[]string](bob, `all(".actions :is(a, button)").map(text)`); len(got) > 0 {
		t.Errorf("who may only look has the buttons %q", got)
	}
	bob.allow("403")
	for _, path := range []string{"stop", "stats/reset", "pause", "swarm"} {
		if got := await[int](bob, `fetch("`+path+`", { method: "POST", body: new URLSearchParams({ user_count: 9 }) }).then((r) => r.status)`); got != 403 {
			t.Errorf("POST /%s by who may only look = %d, want 403", path, got)
		}
	}
	for _, l := range looks {
		bob.seeAs(l)
		bob.settle()
		bob.accessible("the page of a viewer as "+l.String(), false)
		if over := eval[int](bob, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("the page of a viewer as %s is %d pixels too wide", l, over)
		}
	}
	bob.seeAs(looks[0])
	bob.click("Log out")
	bob.until(`location.pathname === "/login"`)
	bob.goTo(gregaria.url)
	bob.until(`location.pathname === "/login"`)

	// A page that is open ends with its session, wherever that is ended.
	if got := await[int](ann, `fetch("logout", { method: "POST" }).then((r) => r.status)`); got != 200 {
		t.Errorf("logout = %d, want 200", got)
	}
	ann.until(`location.pathname === "/login" && location.search.includes("tab%3Dcharts")`)
	ann.signIn("ann", "correct horse")
	ann.until(`state() === "running" && location.search === "?tab=charts"`)
	// So does that of somebody who is removed, whether they are turned away from the page or
	// from its websocket first.
	ann.allow("HTTP Authentication failed", "htmx:ws:error")
	if err := doors.EditBook(users, func(b *doors.Book) error { b.RemoveUser("ann"); return nil }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "who was removed is out", ann.words, func() bool {
		// Where the page itself leads meanwhile, there is nothing to reload or to ask.
		ctx, cancel := context.WithTimeout(ann.ctx, patience/8)
		defer cancel()
		_ = chromedp.Do(ctx, chromedp.Reload())
		out, err := tryEval[bool](ann, `location.pathname === "/login"`)
		return out && err == nil
	})
	if log := gregaria.log.String(); strings.Contains(log, "horse") || gregaria.said("audit: login failed who=ann") != 1 || gregaria.said("audit: start who=ann") != 1 {
		t.Errorf("the log has to say who did what, and no password:\n%s", log)
	}
}

func TestALinkLetsOneBrowserIn(t *testing.T) {
	t.Parallel()
	gregaria := serve(t, "--web-login", "get")
	links := regexp.MustCompile(`http://\S+/login\?token=\S+`)
	var link string
	eventually(t, "the link", gregaria.out.String, func() bool { link = links.FindString(gregaria.out.String()); return link != "" })
	p := open(t, gregaria.url)
	p.until(`text(document.body).includes("Open the link that the program has printed")`)
	p.goTo(link)
	p.accessible("the link", false)
	p.click("Log in with this link")
	p.until(`location.pathname === "/" && !location.search && state() === "ready" && text(one("#reader")).startsWith("operator")`)
	other := open(t, link)
	other.allow("401")
	other.click("Log in with this link")
	other.until(`text(one("[role=alert]")).includes("has been used")`)
	eventually(t, "the next link", gregaria.out.String, func() bool { return len(links.FindAllString(gregaria.out.String(), -1)) == 2 })
	other.goTo(links.FindAllString(gregaria.out.String(), -1)[1])
	other.click("Log in with this link")
	other.until(`state() === "ready" && shown(named("Log out"))`)
}
