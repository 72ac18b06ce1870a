package report

import (
	"encoding/csv"
	"io"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Log writes a line of CSV per delta, about the delta alone.
type Log struct {
	out   *csv.Writer
	clock clock
	line  func(second string, d stats.Delta) []string
}

func newLog(w io.Writer, header []string, line func(second string, d stats.Delta) []string) (*Log, error) {
	l := &Log{out: csv.NewWriter(w), line: line}
	return l, l.out.WriteAll([][]string{header})
}

// Add writes the line of d.
func (l *Log) Add(d stats.Delta) error {
	return l.out.WriteAll([][]string{l.line(l.clock.next(d.To), d)})
}
