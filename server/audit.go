package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
)

// An Audit is where it is written down who did what: in a log, and in a file of JSON
// lines. The zero Audit has neither.
type Audit struct {
	log  *slog.Logger
	path string

	mu     sync.Mutex
	torn   bool // the file's last line may not be whole
	lost   int  // lines since the file could be written last
	warned time.Time
}

// NewAudit returns an audit by a log and, unless path is "", a file, to which it adds.
func NewAudit(log *slog.Logger, path string) (*Audit, error) {
	a := &Audit{log: log, path: path}
	if path == "" {
		return a, nil
	}
	return a, a.append(nil)
}

// A deed is what somebody did.
type deed struct {
	event    string // start, edit, stop, pause, resume, reset, login, login failed, logout, refused
	who, way string // "" for who the request is from
	outcome  string
	config   *engine.Config // of what was started or changed
}

// An entry is a line of the file.
type entry struct {
	Time      time.Time `json:"time"`
	Event     string    `json:"event"`
	Who       string    `json:"who"`
	Way       string    `json:"way,omitempty"`
	Remote    string    `json:"remote,omitempty"`
	Target    string    `json:"target,omitempty"`
	Scenarios []string  `json:"scenarios,omitempty"`
	Users     int       `json:"users,omitempty"`
	SpawnRate float64   `json:"spawn_rate,omitempty"`
	Arrivals  float64   `json:"arrivals,omitempty"`
	Load      string    `json:"load,omitempty"` // stages or shape
	RunTime   string    `json:"run_time,omitempty"`
	Outcome   string    `json:"outcome,omitempty"`
}

// record writes down what the sender of a request did.
func (s *Server) record(r *http.Request, d deed) {
	v := visitorOf(r)
	e := entry{Event: d.event, Who: d.who, Way: d.way, Outcome: d.outcome}
	if ip := peerOf(r).IP; ip.IsValid() {
		e.Remote = ip.String()
	}
	if d.way == "" {
		e.Who, e.Way = v.Name, string(v.Way)
	}
	if d.config != nil {
		e.fill(*d.config, s.engine.Status())
	}
	s.audit.write(e)
}

// Started writes down that the command line has started a run.
func (a *Audit) Started(s *engine.Status) { a.Local("start", "command line", s) }

// Local writes down what somebody at this machine did, and by what. With a start and an
// edit goes how much load that made.
func (a *Audit) Local(event, way string, s *engine.Status) {
	e := entry{Event: event, Who: "local", Way: way}
	if event == "start" || event == "edit" {
		e.fill(s.Config, s)
	}
	a.write(e)
}

// fill says how much load there shall be, and on what.
func (e *entry) fill(c engine.Config, s *engine.Status) {
	var hosts []string
	for _, h := range s.Scenarios {
		e.Scenarios = append(e.Scenarios, h.Name)
		if host := engine.WithoutUser(h.Host); host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	e.Target = strings.Join(hosts, ", ")
	if c.Model == engine.Open {
		e.Arrivals = c.Rate
	} else {
		e.Users, e.SpawnRate = c.Users, c.SpawnRate
	}
	switch {
	case len(c.Stages) > 0:
		e.Load = c.Stages.String()
	case c.Shape != "":
		e.Load = c.Shape
	}
	if c.RunTime > 0 {
		e.RunTime = c.RunTime.String()
	}
}

// clean returns an entry whose every text fits in one line and turns no terminal around.
func (e entry) clean() entry {
	for _, text := range []*string{&e.Who, &e.Remote, &e.Target, &e.Load, &e.Outcome} {
		if len(*text) > 500 {
			*text = strings.ToValidUTF8((*text)[:500], "") + "…"
		}
		*text = report.OneLine(*text)
	}
	e.Scenarios = slices.Clone(e.Scenarios)
	for i, name := range e.Scenarios {
		e.Scenarios[i] = report.OneLine(name)
	}
	return e
}

// attrs are what the log has of an entry: what is not empty.
func (e entry) attrs() []any {
	attrs := []any{"who", e.Who}
	for _, a := range []struct{ key, text string }{
		{"way", e.Way}, {"remote", e.Remote}, {"target", e.Target}, {"scenarios", strings.Join(e.Scenarios, ",")},
		{"load", e.Load}, {"run_time", e.RunTime}, {"outcome", e.Outcome},
	} {
		if a.text != "" {
			attrs = append(attrs, a.key, a.text)
		}
	}
	if e.Users > 0 {
		attrs = append(attrs, "users", e.Users, "spawn_rate", e.SpawnRate)
	}
	if e.Arrivals > 0 {
		attrs = append(attrs, "arrivals", e.Arrivals)
	}
	return attrs
}

func (a *Audit) write(e entry) {
	if a.log == nil {
		return
	}
	e.Time = time.Now().UTC()
	e = e.clean()
	a.log.Info("audit: "+e.Event, e.attrs()...)
	if a.path == "" {
		return
	}
	line, err := json.Marshal(e)
	if err != nil {
		a.log.Error("audit line", "err", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.append(append(line, '\n')); err != nil {
		a.lost++
		if now := time.Now(); now.Sub(a.warned) >= time.Minute {
			a.warned = now
			a.log.Error("the audit file cannot be written; the run goes on, and this log has what it lacks", "err", err, "lines", a.lost)
		}
		return
	}
	if a.lost > 0 {
		a.log.Warn("the audit file is written again", "lost", a.lost)
		a.lost, a.warned = 0, time.Time{}
	}
}

// append opens the file for each line, which is seldom: so it may be rotated at any
// time.
func (a *Audit) append(line []byte) error {
	f, err := os.OpenFile(a.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if len(line) == 0 {
		return nil
	}
	if a.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := f.Write(line)
	if n > 0 {
		a.torn = n < len(line)
	}
	return err
}
