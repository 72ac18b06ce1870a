package telemetry

import (
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Source is whose status is told: an *engine.Engine.
type Source interface{ Status() *engine.Status }

// A kind is what a metric's values are.
type kind int

const (
	gauge     kind = iota
	counter        // grows until the numbers begin anew
	histogram      // of times
)

// A metric is something that is told, with all its values at one moment.
type metric struct {
	name   string // as OpenTelemetry has it: "gregaria.response_time"
	unit   string // in UCUM: "s", "By"; "{request}" and the like are plain numbers
	kind   kind
	help   string
	labels []string // as OpenTelemetry has them: "error.type"
	points []point
}

// A point is one value.
type point struct {
	labels []string    // one for each of the metric's
	value  float64     // unless it is a histogram
	times  stats.Tally // if it is one
}

// add adds a value.
func (m *metric) add(value float64, labels ...string) {
	m.points = append(m.points, point{labels: labels, value: value})
}

// observe adds a tally, unless it is empty.
func (m *metric) observe(t stats.Tally, labels ...string) {
	if t.Count > 0 {
		m.points = append(m.points, point{labels: labels, times: t})
	}
}

// A reading is what there is to be told at one moment.
type reading struct {
	since   time.Time // when the counters began; zero before the first run
	at      time.Time
	metrics []*metric
}

// The states and verdicts, each of which has a value of 1 or 0.
var (
	states   = []engine.State{engine.Ready, engine.Spawning, engine.Running, engine.Paused, engine.Stopping, engine.Stopped}
	verdicts = []stats.Verdict{stats.Unknown, stats.Valid, stats.Degraded, stats.Invalid}
)

// read returns what a status of a program of some version has to tell. A metric without
// values is there, too.
func read(s *engine.Status, version string) reading {
	r := reading{since: s.Stats.From, at: s.At}
	metric := func(k kind, name, unit, help string, labels ...string) *metric {
		m := &metric{name: "gregaria." + name, unit: unit, kind: k, help: help, labels: labels}
		r.metrics = append(r.metrics, m)
		return m
	}
	r.run(s, version, metric)
	r.requests(s, metric)
	r.arrivals(s, metric)
	r.checks(s, metric)
	r.generator(s, metric)
	return r
}

// A maker adds a metric to a reading.
type maker func(k kind, name, unit, help string, labels ...string) *metric

func (r *reading) run(s *engine.Status, version string, metric maker) {
	metric(gauge, "build_info", "{info}", "Which gregaria this is: always 1.", "version").add(1, version)
	metric(gauge, "run_number", "{run}", "Counts the runs of this program from 1, 0 before the first.").add(float64(s.Run))
	state := metric(gauge, "state", "{state}", "1 for the state that the latest run is in, 0 for all others.", "state")
	for _, name := range states {
		state.add(truth(name == s.State), string(name))
	}
	moment := func(name, help string, t time.Time) {
		m := metric(gauge, name, "s", help)
		if !t.IsZero() {
			m.add(float64(t.UnixMilli()) / 1000)
		}
	}
	moment("run_start_time", "When the latest run was started, as a Unix time.", s.Started)
	moment("numbers_start_time", "Since when all counters and histograms count, as a Unix time: the start of the run, or its latest reset.", s.Stats.From)
	metric(gauge, "users", "{user}", "Users alive.").add(float64(s.Users))
	metric(gauge, "starting_users", "{user}", "Users that are held back by an OnStart that fails.").add(float64(s.Starting))
	scenario := metric(gauge, "scenario_users", "{user}", "Users alive of each scenario.", "scenario")
	for _, c := range s.Scenarios {
		scenario.add(float64(c.Users), c.Name)
	}
	target := metric(gauge, "target_users", "{user}", "Users that the plan asks for at this moment. Closed model.")
	perSecond := metric(gauge, "target_arrivals", "{arrival}/s", "Arrivals per second that the plan asks for at this moment. Open model.")
	idle := metric(gauge, "idle_users", "{user}", "Users that wait for an arrival. Open model.")
	switch {
	case s.Run == 0:
	case s.Config.Model == engine.Open:
		perSecond.add(s.Target)
		idle.add(float64(s.Idle))
	default:
		target.add(s.Target)
	}
}

func (r *reading) requests(s *engine.Status, metric maker) {
	requests := metric(counter, "requests", "{request}", "Requests, failed ones included.", "method", "name")
	failures := metric(counter, "failures", "{request}", "Requests that failed, by what went wrong: a transport's class, a status code, or assertion for what the scenario found out.", "method", "name", "error.type")
	unsent := metric(counter, "unsent_requests", "{request}", "What could not be sent: this machine had no file descriptor or port for it, or HTTP knows no such request. These are no requests, and no failures.", "error.type")
	received := metric(counter, "received", "By", "Bytes of bodies received.", "method", "name")
	response := metric(histogram, "response_time", "s", "From when a request ought to have been sent to the last byte of its answer. Without such a moment it is the service time.", "method", "name", "outcome")
	service := metric(histogram, "service_time", "s", "From when a request was sent to the last byte of its answer, where that is not the response time.", "method", "name", "outcome")
	groups := metric(histogram, "group_time", "s", "How long groups of requests took.", "name", "outcome")
	exceptions := metric(counter, "exceptions", "{exception}", "Errors and panics of scenario code.")

	for i := range s.Stats.Rows {
		row := &s.Stats.Rows[i].Row
		outcomes := []struct {
			name  string
			tally stats.Tally
		}{{"ok", row.OK}, {"failed", row.Failed}}
		if row.Method == stats.Group {
			for _, o := range outcomes {
				groups.observe(o.tally, row.Name, o.name)
			}
			continue
		}
		requests.add(float64(row.Requests()), row.Method, row.Name)
		received.add(float64(row.OK.Bytes)+float64(row.Failed.Bytes), row.Method, row.Name)
		for _, o := range outcomes {
			response.observe(o.tally.Response(), row.Method, row.Name, o.name)
			if o.tally.Lagged() {
				service.observe(o.tally, row.Method, row.Name, o.name)
			}
		}
	}
	for i := range s.Stats.Failures {
		f := &s.Stats.Failures[i]
		kind := errorType(f.Format)
		switch {
		case f.Ours:
			unsent.count(f.Count, kind)
		case f.Method != stats.Group:
			failures.count(f.Count, f.Method, f.Name, kind)
		}
	}
	n := int64(0)
	for _, e := range s.Stats.Exceptions {
		n += e.Count
	}
	if s.Run > 0 {
		exceptions.add(float64(n))
	}
}

// count adds to the value that has the labels. Those that do are the latest, or near.
func (m *metric) count(n int64, labels ...string) {
	for i := len(m.points) - 1; i >= 0; i-- {
		if p := &m.points[i]; equal(p.labels, labels) {
			p.value += float64(n)
			return
		}
		if last := len(labels) - 1; last > 0 && !equal(m.points[i].labels[:last], labels[:last]) {
			break // failures are sorted by row
		}
	}
	m.add(float64(n), labels...)
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// errorType returns which kind of error failures of a format are; there are few.
func errorType(format string) string {
	const status = "status "
	if load.Class(format).Known() {
		return format
	}
	if digits, ok := strings.CutPrefix(format, status); ok && len(digits) >= 3 {
		if code, err := strconv.Atoi(digits[:3]); err == nil && code >= 100 && (len(digits) == 3 || digits[3] < '0' || digits[3] > '9') {
			return digits[:3]
		}
	}
	return "assertion"
}

func (r *reading) arrivals(s *engine.Status, metric maker) {
	a := s.Stats.Arrivals
	for _, c := range []struct {
		name, help string
		n          int64
	}{
		{"arrivals", "Iterations that were due by the schedule. Open model.", a.Due},
		{"arrivals_started", "Of those, how many started.", a.Started},
		{"arrivals_completed", "Of those, how many were completed.", a.Completed},
		{"arrivals_late", "Of those that started, how many did so more than 10 ms late.", a.Late},
		{"arrivals_dropped", "Arrivals that found all users busy, of whom there were as many as allowed.", a.Dropped},
	} {
		if m := metric(counter, c.name, "{arrival}", c.help); s.Config.Model == engine.Open {
			m.add(float64(c.n))
		}
	}
}

func (r *reading) checks(s *engine.Status, metric maker) {
	now := metric(gauge, "check_ok", "{check}", "1 for a check that holds for the last ten seconds, 0 for one that does not; nothing while there is nothing to judge.", "check")
	run := metric(gauge, "check_run_ok", "{check}", "1 for a check that holds for the whole run, 0 for one that does not; nothing while there is nothing to judge.", "check")
	breaches := metric(counter, "check_breaches", "{breach}", "How often a check broke.", "check")
	for _, c := range s.Checks {
		name := c.String()
		if c.Now.Known {
			now.add(truth(c.Now.OK), name)
		}
		if c.Run.Known {
			run.add(truth(c.Run.OK), name)
		}
		breaches.add(float64(c.Breaches), name)
	}
}

func (r *reading) generator(s *engine.Status, metric maker) {
	verdict := metric(gauge, "generator_verdict", "{verdict}", "1 for how far the latest second can be trusted, as to whether this machine itself was in the way; 0 for all others.", "verdict")
	spans := metric(counter, "generator_spans", "{span}", "Spans, of a second as a rule, by how far they can be trusted.", "verdict")
	h := s.Stats.Health
	for _, v := range verdicts {
		verdict.add(truth(s.Stats.Now.Verdict() == v), v.String())
	}
	for v, n := range map[stats.Verdict]int{stats.Valid: h.Valid, stats.Degraded: h.Degraded, stats.Invalid: h.Invalid} {
		spans.add(float64(n), v.String())
	}
	w := s.Stats.Now.Worst
	for _, g := range []struct {
		name, unit, help string
		value            float64
	}{
		{"generator_lag", "s", "By how much work started later than planned in the latest second: 99th percentile.", w.Lag.Seconds()},
		{"generator_scheduling", "s", "For how long runnable goroutines waited for a processor in the latest second: 99th percentile.", w.Scheduling.Seconds()},
		{"generator_processor", "1", "Share of the processor time there is for the process that it used in the latest second.", w.Processor},
		{"generator_gc", "1", "Share of the processor time that garbage collection took in the latest second.", w.GC},
		{"generator_throttled", "1", "Share of the latest second for which a quota held the process back.", w.Throttled},
		{"generator_stolen", "1", "Share of the latest second that the host of this machine gave to others.", w.Stolen},
		{"generator_descriptors", "1", "Share of the file descriptors allowed that are in use.", w.Descriptors},
	} {
		if m := metric(gauge, g.name, g.unit, g.help); s.Run > 0 {
			m.add(g.value)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
