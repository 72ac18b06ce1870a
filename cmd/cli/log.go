package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/web"
)

// levelCritical is Locust's fifth level. Nothing is logged at it, so it silences.
const levelCritical = slog.Level(12)

var levels = []struct {
	name  string
	level slog.Level
}{
	{"DEBUG", slog.LevelDebug}, {"INFO", slog.LevelInfo}, {"WARNING", slog.LevelWarn}, {"ERROR", slog.LevelError},
	{"CRITICAL", levelCritical},
}

// levelNames returns the names of the levels.
func levelNames() []string {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.name
	}
	return names
}

func parseLevel(text string) (slog.Level, error) {
	for _, l := range levels {
		if strings.EqualFold(text, l.name) {
			return l.level, nil
		}
	}
	names := levelNames()
	hint := "write " + series(names)
	if near := engine.Nearest(text, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return slog.LevelInfo, fmt.Errorf("--loglevel: %q is not a level — %s", text, hint)
}

func levelName(level slog.Level) string {
	name := levels[0].name
	for _, l := range levels {
		if level >= l.level {
			name = l.name
		}
	}
	return name
}

const (
	keptLines = 500  // for the page
	maxLine   = 2048 // bytes of a message or value
)

// A log is a logger that keeps its latest lines.
type log struct {
	*slog.Logger
	sink *sink
}

// Lines returns the latest lines, oldest first.
func (l *log) Lines() []web.LogLine {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	return append(append([]web.LogLine(nil), l.sink.kept[l.sink.next:]...), l.sink.kept[:l.sink.next]...)
}

// News returns a channel that holds a token when there are lines that the watcher has
// not been told of, and a function that ends the watch.
func (l *log) News() (news <-chan struct{}, end func()) {
	c := make(chan struct{}, 1)
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	l.sink.watchers[c] = true
	return c, func() {
		l.sink.mu.Lock()
		defer l.sink.mu.Unlock()
		delete(l.sink.watchers, c)
	}
}

// openLog returns a log to file, or to stderr if that is "".
func openLog(file string, stderr io.Writer, level slog.Level) (*log, func() error, error) {
	out, end := stderr, func() error { return nil }
	if file != "" {
		f, err := openLogFile(file)
		if err != nil {
			return nil, nil, fmt.Errorf("--logfile: %w", err)
		}
		rotated := &logFile{file, f}
		out, end = rotated, func() error { return rotated.file.Close() }
	}
	s := newSink(out)
	return &log{slog.New(&handler{sink: s, level: level}), s}, func() error {
		s.close()
		if file == "" {
			return nil // what stderr misses there is nobody to tell
		}
		return errors.Join(s.lost(), end())
	}, nil
}

// A logFile is a file that is begun anew once it was moved away or removed, as programs do
// that keep logs short. No signal is needed.
type logFile struct {
	path string
	file *os.File
}

func openLogFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

func (l *logFile) Write(b []byte) (int, error) {
	mine, err := l.file.Stat()
	there, thereErr := os.Stat(l.path)
	if err == nil && (errors.Is(thereErr, fs.ErrNotExist) || thereErr == nil && !os.SameFile(mine, there)) {
		if f, err := openLogFile(l.path); err == nil { // or else the old one has to do
			_ = l.file.Close()
			l.file = f
		}
	}
	return l.file.Write(b)
}

// A sink is where log lines go. A terminal that is held up, or a pipe that nobody
// reads, must not hold up those who log, the engine among them: lines are written
// by a goroutine, and left out when too many of them wait.
type sink struct {
	lines chan string
	ended chan struct{} // closed when the last line is written

	// Of the goroutine that writes, until ended.
	missed  int   // lines that could not be written since the last that could
	problem error // why the latest of them could not
	half    bool  // whether what was written last ends within a line

	mu       sync.Mutex // guards what follows
	closed   bool
	number   int64         // of the latest line
	kept     []web.LogLine // a ring once it is full
	next     int           // where the oldest is, and the next goes
	dropped  int           // lines left out since the last one that was not
	watchers map[chan struct{}]bool
}

func newSink(out io.Writer) *sink {
	s := &sink{lines: make(chan string, keptLines), ended: make(chan struct{}), watchers: map[chan struct{}]bool{}}
	go func() {
		defer close(s.ended)
		for line := range s.lines {
			s.put(out, line+"\n")
		}
	}()
	return s
}

// write keeps a line, which gets the next number, and passes it on.
func (s *sink) write(line web.LogLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	line.Number = s.number
	if len(s.kept) < keptLines {
		s.kept = append(s.kept, line)
	} else {
		s.kept[s.next] = line
		s.next = (s.next + 1) % keptLines
	}
	for c := range s.watchers {
		select {
		case c <- struct{}{}:
		default: // it has been told and has not looked yet
		}
	}
	if s.closed {
		return
	}
	text := line.String()
	if s.dropped > 0 {
		text = fmt.Sprintf("(%d lines were left out: nobody read them)\n%s", s.dropped, text)
	}
	select {
	case s.lines <- text:
		s.dropped = 0
	default:
		s.dropped++
	}
}

// put writes a line. One that cannot be written is left out, and counted in the next that
// can; half of one gets an end.
func (s *sink) put(out io.Writer, line string) {
	text := line
	if s.missed > 0 {
		text = fmt.Sprintf("(%d lines could not be written: %s)\n%s", s.missed, report.OneLine(s.problem.Error()), line)
	}
	if s.half {
		text = "\n" + text
	}
	n, err := io.WriteString(out, text)
	if err == nil {
		s.missed, s.half = 0, false
		return
	}
	s.missed, s.problem = s.missed+1, err
	if n > 0 {
		s.half = text[n-1] != '\n'
	}
}

// lost returns why lines are missing, once the sink is closed.
func (s *sink) lost() error {
	select {
	case <-s.ended:
	default:
		return nil // it hangs
	}
	if s.problem == nil {
		return nil
	}
	return fmt.Errorf("--logfile: lines are missing: %w", s.problem)
}

// close waits until all lines are written, but not for a reader that never comes.
func (s *sink) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.lines)
	}
	s.mu.Unlock()
	select {
	case <-s.ended:
	case <-time.After(time.Second):
	}
}

// A handler writes a record as one line whatever is in it:
//
//	2026-01-02 15:04:05.000 INFO run started run=1 users=10
type handler struct {
	sink  *sink
	level slog.Level
	attrs string // of With, formatted
	group string // prefix of keys, with a dot
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(report.OneLine(clip(r.Message)) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, h.group, a)
		return true
	})
	h.sink.write(web.LogLine{At: r.Time, Level: levelName(r.Level), Text: b.String()})
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.attrs)
	for _, a := range attrs {
		appendAttr(&b, h.group, a)
	}
	with := *h
	with.attrs = b.String()
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.group += name + "."
	return &with
}

func appendAttr(b *strings.Builder, group string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range v.Group() {
			appendAttr(b, group, inner)
		}
		return
	}
	if a.Key == "" {
		return
	}
	text := clip(v.String())
	if text == "" || strings.ContainsAny(text, " =\"\\") || report.OneLine(text) != text {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + report.OneLine(group+a.Key) + "=" + text)
}

// clip bounds what one message or value may take.
func clip(s string) string {
	if len(s) <= maxLine {
		return s
	}
	return strings.ToValidUTF8(s[:maxLine], "") + "…"
}
