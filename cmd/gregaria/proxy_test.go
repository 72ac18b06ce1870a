package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// proxy serves what behind serves, under a path, which it keeps or takes away.
func proxy(t *testing.T, behind, path string, keep bool) *httptest.Server {
	t.Helper()
	to, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	to.Path = ""
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // browsers say whose page a request comes from
	}}
	site := http.NewServeMux()
	if keep {
		site.Handle(path+"/", forward)
	} else {
		site.Handle(path+"/", http.StripPrefix(path, forward))
	}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return server
}

// Behind a proxy, under whatever path, all of the page works: what it loads, its
// websocket, its orders and its files.
func TestThePageWorksUnderAPathOfAProxy(t *testing.T) {
	t.Parallel()
	api := (&target{every: 7}).listen(t)
	for _, tt := range []struct {
		name string
		keep bool
		args []string
	}{
		{"that keeps the path", true, []string{"--web-base-path", "/tools/load"}},
		{"that takes the path away", false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gregaria := serve(t, append(tt.args, "-u", "3", "-r", "100", "--host", api.URL, "--wait", "20ms", "get")...)
			if tt.keep != strings.HasSuffix(gregaria.url, "/tools/load") {
				t.Errorf("gregaria %s says that its page is at %s", tt.args, gregaria.url)
			}
			root := proxy(t, gregaria.url, "/tools/load", tt.keep).URL + "/tools/load"
			p := open(t, root+"/")
			if got := eval[string](p, "state()"); got != "ready" {
				t.Errorf("first paint: state %q, want ready", got)
			}
			p.fill("Number of users", "0")
			p.until(`text(one("#start [data-error]:not(:empty)")).includes("at least 1")`) // as /check says
			p.fill("Number of users", "4")
			p.until(`Boolean(one("#start .preview svg"))`) // as /plan draws it
			p.click("Start swarming")
			p.until(`state() === "running" && number("Users") === 4`)
			p.growing()
			p.click("Charts")
			p.until(`all(".uplot canvas").length === 3 && location.search === "?tab=charts"`)
			p.click("Pause")
			p.until(`state() === "paused"`)
			p.click("Resume")
			p.until(`state() === "running"`)
			p.press("S") // which stops
			p.until(`state() === "stopped"`)
			p.click("Statistics")
			p.until(`requests() > 0`)
			sum := eval[[]string](p, "total()")
			p.reload()
			p.until(fmt.Sprintf(`total()[2] === %q`, sum[2]))
			p.click("Download")
			if line := aggregated(t, p.download("Request statistics")); line["Request Count"] != plain(sum[2]) {
				t.Errorf("downloaded request count is %s, want the page's %s", line["Request Count"], sum[2])
			}
			if file := string(p.download("Report")); !strings.Contains(file, "Gregaria report") || !strings.Contains(file, api.URL) {
				t.Errorf("the report downloaded lacks the run: %.200s", file)
			}
			p.goTo(root + "/stats/report")
			p.until(`document.title.includes("Gregaria report") && all("canvas").length > 0`)

			p.allow("404 (Not Found)", "422 (Unprocessable")
			p.goTo(root + "/no/such/thing")
			p.until(`text(one("h1")) === "Not Found" && getComputedStyle(one("a.button")).borderRadius !== "0px"`)
			p.click("Back to the page")
			p.until(`location.pathname === "/tools/load/" && state() === "stopped"`)
			// As without scripts: a form that is sent by the browser itself, and led back.
			p.click("New")
			p.until(`(() => {
				const form = document.querySelector("#start form"); // whose page may still be on its way
				if (form) HTMLFormElement.prototype.submit.call(form);
				return Boolean(form);
			})()`)
			p.until(`location.pathname === "/tools/load/" && state() === "running"`)
			p.growing()
		})
	}
}
