package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/server"
	"github.com/gregaria/gregaria/web"
)

// Options are what Run works with.
type Options struct {
	Package   string         // of the program, as the go command names it
	Args      []string       // of the program
	Listeners []net.Listener // of its page; Run closes them
	Hosts     []string       // names that the page answers to besides those of loopback
	BasePath  string         // of the page, see server.Options
	Private   bool           // only this machine reaches the page: it may be told what is in the files
	Environ   []string       // of the program

	// Secure makes listeners speak TLS, as the program does; nil when it does not.
	Secure func([]net.Listener) []net.Listener

	Stdout, Stderr io.Writer
}

// Run builds and runs the program, and again when its files have changed, until ctx ends.
func Run(ctx context.Context, opts Options) error {
	files, err := dup(opts.Listeners)
	if err != nil {
		return err
	}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if !supported {
		return errors.New("dev hands its listeners on to the program, which this system cannot do — use Linux, macOS or WSL")
	}
	folder, err := os.MkdirTemp("", "gregaria-dev-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	watched, err := watchFiles()
	if err != nil {
		return err
	}
	defer watched.close()
	p := &parent{Options: opts, listeners: files, folder: folder, files: watched, built: make(chan binary), exited: make(chan error)}
	return p.run(ctx)
}

// dup takes the listeners over as files, which are what children inherit.
func dup(listeners []net.Listener) (files []*os.File, err error) {
	for _, l := range listeners {
		if tcp, ok := l.(*net.TCPListener); ok && err == nil {
			var f *os.File
			if f, err = tcp.File(); err == nil {
				files = append(files, f)
			}
		}
		l.Close()
	}
	return files, err
}

// A parent builds one binary at a time and has one child at most. All of it belongs to
// the goroutine of run, but for what comments say.
type parent struct {
	Options
	listeners []*os.File
	folder    string
	files     *files

	builds   int
	building bool
	dirty    bool        // files have changed since the build began
	built    chan binary // from the one build that is on
	next     binary      // the newest that can be run
	running  binary      // what the child is
	child    *child      // nil without one
	exited   chan error  // from the one child that there is
	say      web.Rebuild // what there is to say of the newest build
	waiting  *waiting    // answers while there is no child
}

// A child is a process that runs the program.
type child struct {
	cmd   *exec.Cmd
	pipe  *os.File // its end is ours; the child ends when it closes
	said  *tail
	asked bool // to make way, at some time: it may do so though that was withdrawn
}

func (p *parent) run(ctx context.Context) error {
	defer p.answer(nil)
	p.answer(&web.Rebuild{Title: "The program is being built", Waits: true})
	p.build(ctx)
	for {
		select {
		case <-p.files.changed:
			if p.dirty = true; !p.building {
				p.build(ctx)
			}
		case b := <-p.built:
			if err := p.finish(ctx, b); err != nil {
				return err
			}
		case err := <-p.exited:
			p.bury(err)
		case <-ctx.Done():
			return p.end()
		}
	}
}

// finish takes what was built, or builds again if it is outdated. The error is that nothing
// can be built.
func (p *parent) finish(ctx context.Context, b binary) error {
	p.building = false
	switch {
	case p.dirty && b.err == nil:
		p.forget(b)
		p.build(ctx)
	case ctx.Err() != nil:
	case b.err != nil && p.builds == 1:
		return b.err // the first of all, so it is no mistake of a moment
	default:
		p.take(b)
	}
	return nil
}

// end ends the child, in order, and what is being built.
func (p *parent) end() error {
	if p.child != nil {
		terminate(p.child.cmd.Process)
	}
	for p.building || p.child != nil {
		select {
		case <-p.built:
			p.building = false
		case <-p.exited:
			p.child.pipe.Close()
			p.child = nil
		}
	}
	return nil
}

// tell prints a line on the console.
func (p *parent) tell(format string, args ...any) {
	fmt.Fprintf(p.Stderr, "gregaria dev: "+format+"\n", args...)
}

func (p *parent) build(ctx context.Context) {
	word := "rebuilding…"
	if p.builds == 0 {
		word = "building " + p.Package + "…"
	}
	p.tell("%s", word)
	p.builds++
	p.building, p.dirty = true, false
	to := filepath.Join(p.folder, "program-"+strconv.Itoa(p.builds))
	go func() { p.built <- build(ctx, p.files, p.Package, p.Args, to) }()
}

// take makes what was built known, and has the child make way for it.
func (p *parent) take(b binary) {
	took := b.took.Round(10 * time.Millisecond)
	if b.err != nil {
		b.bad = web.Rebuild{Title: "The latest change cannot be built", Text: b.err.Error()}
	}
	if b.bad.Title != "" {
		p.tell("%s (%s)\n%s", decapitalized(b.bad.Title), took, indented(b.bad.Text))
		_ = os.Remove(b.path) // there is none when it does not build
		p.inform(b.bad, false)
		return
	}
	if p.child != nil && b.sum == p.running.sum {
		p.tell("built in %s: nothing new", took)
		p.forget(p.next)
		p.forget(b)
		p.next = p.running
		p.inform(web.Rebuild{}, false)
		return
	}
	p.forget(p.next)
	p.next = b
	if p.child == nil {
		p.tell("built in %s", took)
		p.say = web.Rebuild{}
		p.start()
		return
	}
	p.tell("built in %s; restarting once no run is on", took)
	p.inform(web.Rebuild{Title: "Built anew: the program restarts when the run is over — stop the run to restart now", Waits: true}, true)
}

// forget removes a binary, unless it runs.
func (p *parent) forget(b binary) {
	if b.path != "" && (p.child == nil || b.path != p.running.path) {
		_ = os.Remove(b.path)
	}
}

// inform tells whoever looks at the page.
func (p *parent) inform(r web.Rebuild, restart bool) {
	p.say = r
	if p.child == nil {
		p.answer(&r)
		return
	}
	p.child.asked = p.child.asked || restart
	text, err := json.Marshal(message{r, restart})
	if err == nil {
		_ = p.child.pipe.SetWriteDeadline(time.Now().Add(time.Second)) // it may have ended just now
		_, err = p.child.pipe.Write(append(text, '\n'))
	}
	if err != nil {
		p.tell("the program does not listen: %v", err)
	}
}

// start runs the newest binary.
func (p *parent) start() {
	p.answer(nil)
	p.running = p.next
	c, err := p.spawn(p.running)
	if err != nil {
		p.tell("the program does not start: %v", err)
		p.inform(web.Rebuild{Title: "The program does not start", Text: err.Error()}, false)
		return
	}
	p.child = c
	go func() { p.exited <- c.cmd.Wait() }()
	if say := p.say; !say.Waits && say.Title != "" { // of a change after this build
		p.inform(say, false)
	}
}

func (p *parent) spawn(b binary) (*child, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	c := &child{pipe: ours, said: newTail()}
	c.cmd = exec.Command(b.path, p.Args...)
	c.cmd.Args[0] = b.name
	c.cmd.Env = append(p.Environ, childVariable+"="+strconv.Itoa(len(p.listeners))+","+filepath.Join(p.folder, "latest"))
	c.cmd.ExtraFiles = append(p.listeners[:len(p.listeners):len(p.listeners)], theirs)
	c.cmd.Stdout, c.cmd.Stderr = p.Stdout, io.MultiWriter(p.Stderr, c.said)
	c.cmd.WaitDelay = time.Second // for what it may have started itself
	apart(c.cmd)
	if err := c.cmd.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	return c, nil
}

// bury takes note that the child has ended: because it was asked to, or by itself, which
// is shown until there is another build.
func (p *parent) bury(err error) {
	c, old := p.child, p.running
	c.pipe.Close()
	p.child = nil
	switch {
	case p.next.path != old.path:
		p.forget(old)
		p.start()
		return
	case c.asked && err == nil: // it made way for a build that has been taken back meanwhile
		p.start()
		return
	}
	p.tell("the program has ended; it is started again when a file changes")
	p.inform(web.Rebuild{Title: "The program has ended", Text: c.said.ending(err)}, false)
}

// A waiting answers in place of a child.
type waiting struct {
	say   atomic.Pointer[web.Rebuild]
	end   context.CancelFunc
	ended chan struct{}
}

// answer answers with r, and no more when r is nil.
func (p *parent) answer(r *web.Rebuild) {
	switch {
	case r == nil && p.waiting != nil:
		p.waiting.close()
		p.waiting = nil
	case r == nil:
	default:
		say := *r
		if !p.Private && say.Text != "" {
			say.Text = "The terminal in which gregaria dev runs says more."
		}
		if p.waiting == nil {
			p.waiting = p.wait(&say)
		}
		p.waiting.say.Store(&say)
	}
}

func (p *parent) wait(say *web.Rebuild) *waiting {
	w := &waiting{ended: make(chan struct{})}
	w.say.Store(say)
	var listeners []net.Listener
	for _, f := range p.listeners {
		l, err := net.FileListener(f)
		if err != nil {
			p.tell("the page cannot be served meanwhile: %v", err)
			continue
		}
		listeners = append(listeners, l)
	}
	if p.Secure != nil {
		listeners = p.Secure(listeners)
	}
	hs := &http.Server{
		Handler:           server.Waiting(func() web.Rebuild { return *w.say.Load() }, p.BasePath, p.Hosts),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // of who speaks no TLS, or trusts no certificate
	}
	ctx, end := context.WithCancel(context.Background())
	w.end = end
	go func() {
		defer close(w.ended)
		_ = server.Serve(ctx, hs, func() {}, listeners...) // until it is closed
	}()
	return w
}

// close returns when nothing is accepted any more and who had connected is answered.
func (w *waiting) close() {
	w.end()
	<-w.ended
}

func decapitalized(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func indented(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
