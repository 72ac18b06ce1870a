package terminal

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"github.com/gregaria/gregaria/engine"
)

// An Engine runs what is shown.
type Engine interface {
	Status() *engine.Status
	Watch() (news <-chan struct{}, end func())
	Change(engine.Config) error
	Pause() error
	Resume() error
	Stop(reason string)
}

// A Terminal is where the operator sits.
type Terminal struct {
	keyboard  *os.File    // nil when there is none
	before    *term.State // of the keyboard
	screen    *os.File
	interrupt func()
	broken    bool // nothing could be shown; Show's
	now       atomic.Pointer[showing]

	mu   sync.Mutex // guards what follows
	log  io.Writer
	line func(string) // prints one above the view
	held bytes.Buffer // of the log, while the view comes or goes
	mode mode
}

// A mode is where lines of the log go.
type mode int

const (
	direct mode = iota // where they went before
	coming             // they wait for the view
	above              // above the view
	going              // they wait until the view has gone
)

// A showing is the view from when it comes until it has gone.
type showing struct {
	kill func()        // ends it wherever it is
	over chan struct{} // closed when it has gone
}

// Open returns the terminal that the program was started from, which is of a kind as in
// TERM; nil when what the program prints goes elsewhere, or nothing can be drawn there.
// Interrupt does what ctrl-C means: while a run is shown it is no signal.
func Open(stdin io.Reader, stdout io.Writer, kind string, interrupt func()) *Terminal {
	screen, ok := stdout.(*os.File)
	if !ok || !term.IsTerminal(screen.Fd()) || kind == "dumb" || kind == "" && kindNeeded {
		return nil
	}
	t := &Terminal{screen: screen, interrupt: interrupt}
	if keyboard, ok := stdin.(*os.File); ok && term.IsTerminal(keyboard.Fd()) {
		if state, err := term.GetState(keyboard.Fd()); err == nil {
			t.keyboard, t.before = keyboard, state
		}
	}
	return t
}

// HasKeyboard reports whether the operator can press keys.
func (t *Terminal) HasKeyboard() bool { return t != nil && t.keyboard != nil }

// Ready reports whether a run can be shown now: not in the background.
func (t *Terminal) Ready() bool {
	return t != nil && !t.broken && foreground(t.screen) && (t.keyboard == nil || foreground(t.keyboard))
}

// Show shows the run that is on. It returns when that is over, when the operator has
// suspended the program and it goes on, or when it is in the background.
func (t *Terminal) Show(e Engine) error {
	m := &model{
		look:  look{status: e.Status(), keys: t.keyboard != nil},
		steer: make(chan order, 64), interrupt: t.interrupt, drawn: t.printAbove, leave: t.holdLog,
	}
	var input io.Reader
	if t.keyboard != nil {
		input = t.keyboard
	}
	// By its context, and not by Kill, which meets what Run has not made yet.
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(input), tea.WithOutput(t.screen), tea.WithoutSignalHandler())
	show := &showing{kill, make(chan struct{})}
	t.mu.Lock()
	t.mode, t.line = coming, func(line string) { p.Send(tea.Println(line)()) }
	t.mu.Unlock()
	t.now.Store(show)

	var tasks sync.WaitGroup
	done := make(chan struct{})
	tasks.Go(func() { t.follow(e, p, done) })
	tasks.Go(func() { m.obey(e, p, done) })
	tasks.Go(func() { onContinue(done, func() { p.Send(redrawMsg{}) }) })
	_, err := p.Run()
	close(done)
	tasks.Wait()
	t.now.Store(nil)
	close(show.over)
	t.broken = err != nil
	t.releaseLog()
	if err == nil && m.suspended {
		suspend()
	}
	return err
}

// follow tells p what the engine does until the run is over, the program is in the
// background or done is closed.
func (t *Terminal) follow(e Engine, p *tea.Program, done <-chan struct{}) {
	news, end := e.Watch()
	defer end()
	for {
		select {
		case <-done:
			return
		case <-news:
		}
		s := e.Status()
		p.Send(s)
		if !s.State.Active() || !t.Ready() {
			t.holdLog()
			p.Send(closeMsg{})
			return
		}
	}
}

// patience is how long a terminal that is held up may take to give the view up.
const patience = 500 * time.Millisecond

// Restore takes the view away at once, for a program that ends without waiting for Show.
func (t *Terminal) Restore() {
	if t == nil {
		return
	}
	show := t.now.Load()
	if show == nil {
		return
	}
	show.kill()
	select {
	case <-show.over:
	case <-time.After(patience):
		if t.keyboard != nil {
			_ = term.Restore(t.keyboard.Fd(), t.before)
		}
	}
}

// Log returns a writer of whole lines to w. While a run is shown on the terminal that w
// is, they go above it.
func (t *Terminal) Log(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if t == nil || !ok || !term.IsTerminal(f.Fd()) {
		return w
	}
	t.log = w
	return logWriter{t}
}

type logWriter struct{ t *Terminal }

func (w logWriter) Write(b []byte) (int, error) {
	t := w.t
	t.mu.Lock()
	defer t.mu.Unlock()
	switch t.mode {
	case coming, going:
		return t.held.Write(b)
	case above:
		t.print(string(b))
		return len(b), nil
	}
	return t.log.Write(b)
}

// print prints text above the view. A line that the terminal would break is broken
// before, so that it is known how many there are.
func (t *Terminal) print(text string) {
	width, _, err := term.GetSize(t.screen.Fd())
	if err != nil || width < 2 {
		width = 80
	}
	for line := range strings.Lines(text) {
		for piece := range strings.SplitSeq(ansi.WrapWc(strings.TrimSuffix(line, "\n"), width-1, ""), "\n") {
			t.line(piece)
		}
	}
}

// holdLog keeps what is logged until the view has gone.
func (t *Terminal) holdLog() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = going
}

// printAbove prints what is logged above the view, which has come.
func (t *Terminal) printAbove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mode != coming {
		return
	}
	t.mode = above
	t.print(t.held.String())
	t.held.Reset()
}

// releaseLog lets what is logged go where it went before the view.
func (t *Terminal) releaseLog() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = direct
	if t.held.Len() > 0 {
		_, _ = t.held.WriteTo(t.log)
	}
	t.held.Reset()
}
