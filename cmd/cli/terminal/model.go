package terminal

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/gregaria/gregaria/engine"
)

// A model is what Bubble Tea keeps of the view.
type model struct {
	look      look
	steer     chan order // what keys ask for, in turn
	interrupt func()
	drawn     func() // called when the view has come
	leave     func() // called before it goes for a key
	suspended bool
	gone      bool
	notes     int // counts them
}

type (
	closeMsg   struct{}
	suspendMsg struct{}
	drawnMsg   struct{}
	redrawMsg  struct{}
	noteMsg    string
	staleMsg   int // the number of a note that has been read by now
)

// settling is how long the first picture may take. What is printed above a view that is
// not there yet would go astray.
const settling = 100 * time.Millisecond

// noteFor is how long a note stays.
const noteFor = 5 * time.Second

func (m *model) Init() tea.Cmd {
	return tea.Tick(settling, func(time.Time) tea.Msg { return drawnMsg{} })
}

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case *engine.Status:
		m.look.status = msg
	case tea.WindowSizeMsg:
		narrower := msg.Width < m.look.width
		m.look.width, m.look.height = msg.Width, msg.Height
		if narrower { // the terminal has broken lines, nobody knows how many
			return m, tea.Sequence(tea.Raw(clearScreen), tea.ClearScreen)
		}
	case redrawMsg:
		return m, tea.ClearScreen
	case drawnMsg:
		return m, func() tea.Msg {
			m.drawn()
			return nil
		}
	case noteMsg:
		m.notes++
		m.look.note = string(msg)
		number := m.notes
		return m, tea.Tick(noteFor, func(time.Time) tea.Msg { return staleMsg(number) })
	case staleMsg:
		if int(msg) == m.notes {
			m.look.note = ""
		}
	case closeMsg:
		m.gone = true
		return m, tea.Quit
	case suspendMsg:
		m.gone, m.suspended = true, true
		return m, tea.Quit
	case tea.KeyPressMsg:
		return m, m.key(msg.String())
	}
	return m, nil
}

// clearScreen empties what is visible; the cursor goes to its top.
const clearScreen = "\x1b[2J\x1b[H"

func (m *model) View() tea.View {
	if m.gone || m.look.width == 0 {
		return tea.NewView("")
	}
	return tea.NewView(strings.Join(draw(m.look), "\n"))
}
