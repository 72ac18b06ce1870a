package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the browser of all tests. Each tab has a profile of its own in it.
var chromium chrome

// A chrome is a real Chromium without a window, started by who needs it first.
type chrome struct {
	once    sync.Once
	ctx     context.Context
	cancel  []context.CancelFunc
	missing bool
	err     error
}

func (c *chrome) start() {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = cmp.Or(path, found)
		}
	}
	if path == "" {
		c.missing = true
		return
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("host-resolver-rules", "MAP evil.test 127.0.0.1")}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run", "no-default-browser-check",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		// No tab of a test is in front, and none may be slowed down for it.
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
		"disable-ipc-flooding-protection", // a test looks at more than a reader could
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	c.cancel = append(c.cancel, cancel)
	// What this version of the protocol's client does not know is no fault of ours.
	c.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	c.cancel = append(c.cancel, cancel)
	c.err = chromedp.Do(c.ctx)
}

func (c *chrome) close() {
	for i := len(c.cancel) - 1; i >= 0; i-- {
		c.cancel[i]()
	}
}

// A tab is a page in Chromium, watched for what no page of ours may do: errors on
// the console, uncaught exceptions, dialogs, breaches of the content policy.
type tab struct {
	t         *testing.T
	ctx       context.Context
	downloads string

	mu      sync.Mutex
	trouble []string
	files   map[string]bool // downloads by id, and whether they are complete
	allowed []string
}

// newTab opens an empty tab. Without Chromium the test is skipped, or fails under
// CI.
func newTab(t *testing.T) *tab {
	t.Helper()
	chromium.once.Do(chromium.start)
	switch {
	case chromium.missing && os.Getenv("CI") != "":
		t.Fatal("Chromium is not installed, and under CI the browser tests must run")
	case chromium.missing:
		t.Skip("!!! CHROMIUM IS NOT INSTALLED: THIS BROWSER TEST DID NOT RUN. Install chromium.")
	case chromium.err != nil:
		t.Fatalf("start Chromium: %v", chromium.err)
	}
	p := &tab{t: t, downloads: t.TempDir(), files: map[string]bool{}}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		for _, s := range p.troubles() {
			t.Errorf("in the browser: %s", s)
		}
	})
	err := chromedp.Listen(ctx, p.note)
	if err == nil {
		_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener("securitypolicyviolation",
				(e) => console.error("content policy breached:", e.violatedDirective, e.blockedURI, e.sample), true)`,
		})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: p.downloads, EventsEnabled: new(true),
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
	}
	if err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return p
}

// open opens a tab at a URL.
func open(t *testing.T, url string) *tab {
	t.Helper()
	p := newTab(t)
	p.goTo(url)
	return p
}

// goTo loads a URL and waits for our page's script, which runs before load ends.
func (p *tab) goTo(url string) {
	p.t.Helper()
	p.run(chromedp.Navigate(url))
}

func (p *tab) reload() {
	p.t.Helper()
	p.run(chromedp.Reload())
}

// note takes down what the browser reports.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" || e.Type == "warning" {
			said := fmt.Sprintf("console %s:", e.Type)
			for _, arg := range e.Args {
				said += " " + cmp.Or(arg.Description, string(arg.Value))
			}
			p.trouble = append(p.trouble, said)
		}
	case *cdpruntime.EventExceptionThrown:
		said := "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			said += " " + x.Description
		}
		p.trouble = append(p.trouble, said)
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			p.trouble = append(p.trouble, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		p.trouble = append(p.trouble, "dialog: "+e.Message)
		go chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{}) // or the tab would hang
	case *browser.EventDownloadProgress:
		p.files[e.GUID] = e.State == browser.DownloadProgressStateCompleted
	}
}

// allow says what trouble a test brings about on purpose.
func (p *tab) allow(texts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, texts...)
}

// troubles returns what was noted and is not allowed.
func (p *tab) troubles() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
next:
	for _, s := range p.trouble {
		for _, a := range p.allowed {
			if strings.Contains(s, a) {
				continue next
			}
		}
		list = append(list, s)
	}
	return list
}

func (p *tab) run(action chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		p.t.Fatal(err)
	}
}

// eyes are what the expressions of eval and until are written in: what a reader
// sees, in a script's terms.
const eyes = `
	const shown = (e) => Boolean(e) && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
	const text = (e) => e ? e.innerText.replace(/[ \t\n\u00a0]+/g, " ").trim() : "";
	const all = (css, within = document) => [...within.querySelectorAll(css)].filter(shown);
	const one = (css) => all(css)[0];
	const parse = (s) => Number(s.replace(/[^0-9.]/g, ""));
	const state = () => text(one(".state")).split(" ")[0];
	const number = (label) => { // of the strip that is always in sight
		const box = all(".number").find((n) => text(n).startsWith(label));
		return box ? parse(text(box.querySelector("b"))) : NaN;
	};
	const rows = () => all("tbody tr:not(.empty)").map((r) => [...r.cells].map(text));
	const total = () => [...(one("#total")?.cells ?? [])].map(text);
	const requests = () => parse(total()[2] ?? "");
	const fails = () => parse(total()[3] ?? "");
	const top = () => document.querySelector("dialog:modal") ?? document;
	const named = (name) => all("a, button, summary", top()).find((e) => text(e) === name || text(e).startsWith(name + " "));
	const field = (name) => all("label", top()).find((l) => text(l).startsWith(name))?.control;
`

// eval evaluates an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := tryEval[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func tryEval[T any](p *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T]("(() => {"+eyes+"return ("+expression+");})()"))
}

// until waits until an expression is true. While a page loads there is nothing to
// ask, so errors only matter when they stay.
func (p *tab) until(expression string) {
	p.t.Helper()
	eventually(p.t, expression, p.words, func() bool {
		ok, err := tryEval[bool](p, expression)
		return ok && err == nil
	})
}

// words is all that the page says.
func (p *tab) words() string {
	s, err := tryEval[string](p, `location.href + "\n" + document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return s + "\n" + strings.Join(p.troubles(), "\n")
}

// click presses the mouse on a link or button. It must be in sight and on top.
func (p *tab) click(name string) {
	p.t.Helper()
	p.clickOn(fmt.Sprintf("named(%q)", name))
}

// clickOn presses the mouse on the element of an expression.
func (p *tab) clickOn(element string, how ...chromedp.MouseOption) {
	p.t.Helper()
	// Between looking where it is and the click a new notice may push the page down, and
	// the click then lands beside it: whoever sees that clicks again.
	eventually(p.t, element+" is clicked", p.words, func() (ok bool) {
		at, _ := tryEval[*struct{ X, Y float64 }](p, fmt.Sprintf(`(() => {
			const e = %s;
			if (!e || e.disabled) return null;
			e.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
			const r = e.getBoundingClientRect(), at = { X: r.x + r.width / 2, Y: r.y + r.height / 2 };
			if (!e.contains(document.elementFromPoint(at.X, at.Y))) return null;
			// Where scripts may not run, nothing listens either.
			window.beside = false;
			addEventListener("heard", () => { window.beside = true; }, { once: true });
			dispatchEvent(new Event("heard"));
			const pressed = (press) => { if (e.contains(press.target)) window.beside = false; };
			addEventListener("mousedown", pressed, { capture: true, once: true });
			return at;
		})()`, element))
		if at == nil {
			return false
		}
		p.run(chromedp.MouseClickXY(at.X, at.Y, how...))
		beside, err := tryEval[bool](p, "window.beside === true")
		return err != nil || !beside // a click may lead to another page
	})
}

// fill replaces what a field holds.
func (p *tab) fill(name, value string) {
	p.t.Helper()
	p.fillIn(fmt.Sprintf("field(%q)", name), value)
}

// fillIn replaces what the field of an expression holds.
func (p *tab) fillIn(field, value string) {
	p.t.Helper()
	// What comes between may take the focus or what is selected: whoever sees that types again.
	eventually(p.t, fmt.Sprintf("%s holds %q", field, value), p.words, func() bool {
		ready, err := tryEval[bool](p, fmt.Sprintf(`Boolean(%s && (%[1]s.focus(), %[1]s.select(), document.activeElement === %[1]s))`, field))
		if err != nil || !ready {
			return false
		}
		if value == "" {
			p.press("\b")
		} else if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: value}); err != nil {
			p.t.Fatal(err)
		}
		typed, err := tryEval[bool](p, fmt.Sprintf(`%s?.value === %q`, field, value))
		return err == nil && typed
	})
}

// press presses keys, with the events a keyboard makes: a raw key down first, so
// that a key which an element takes for itself types nothing into the next one.
func (p *tab) press(keys string) {
	p.t.Helper()
	p.pressWith(chromedp.ModifierNone, keys)
}

// pressWith presses keys while modifier keys are down.
func (p *tab) pressWith(modifiers chromedp.Modifier, keys string) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers), func(e *input.DispatchKeyEventParams) {
		if e.Type == input.DispatchKeyEventTypeKeyDown {
			e.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	}))
}

// download clicks the link to a file and returns the file.
func (p *tab) download(name string) []byte {
	p.t.Helper()
	// A tab of the page may have the same name.
	return p.saved(fmt.Sprintf(`all("a[download]").find((a) => text(a).startsWith(%q))`, name))
}

// saved clicks what saves a file and returns the file.
func (p *tab) saved(element string) []byte {
	p.t.Helper()
	p.mu.Lock()
	clear(p.files)
	p.mu.Unlock()
	p.clickOn(element)
	var file string
	eventually(p.t, "a file of "+element, p.words, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for id, complete := range p.files {
			if complete {
				file = id
			}
		}
		return file != ""
	})
	data, err := os.ReadFile(filepath.Join(p.downloads, file))
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}
