package report

import (
	"io"

	"github.com/gregaria/gregaria/engine"
)

// A Format is a kind of file that holds a whole run.
type Format struct {
	Ending string // of the file's name, with the dot
	Kind   string // of its content, as HTTP names it
	Write  func(w io.Writer, s *engine.Status) error
}

// Formats are the kinds of files that this package makes of a status, each on its own
// with the verdict, the health of the load generator and the checks.
var Formats = Lenience{}.Formats()

// Formats are the same, but that JUnit and Markdown let pass what l does. The others tell
// what was measured.
func (l Lenience) Formats() []Format {
	return []Format{
		{".json", "application/json", JSON},
		{".md", "text/markdown", l.markdown},
		{".xml", "application/xml", l.junit},
		{".hlog", "text/plain", HistogramLog},
	}
}
