package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

// A CheckStatus is how a run does by one of its checks. Counts, such as of failures, are
// those of the whole run now too.
type CheckStatus struct {
	checks.Check
	Now     checks.Result // in the last 10 s; once the run stops, as it was then
	Run     checks.Result // in the whole run but for the warm-up; not known as long as there was no such request, unless these are counted
	Pending bool          // a count has not yet grown as far as it must: that is no breach

	FirstBreach time.Time     // on the clock of the numbers; zero when there was none
	InBreach    time.Duration // how long the check has been broken now; 0 when it holds
	Breaches    int           // how often it broke
	Broken      time.Duration // how long it was broken, all together
	Ended       bool          // it has ended the run, by CheckStop
}

// mostChecks bounds what is judged each second.
const mostChecks = 50

// toldBreaches is how many breaches of a check become events. One that comes and goes
// each second would drive all others out.
const toldBreaches = 5

// keepTo makes list what the run is held to. What is known of those there were stays.
func (r *run) keepTo(list []checks.Check) {
	var held []CheckStatus
	for _, c := range list {
		same := func(h CheckStatus) bool { return h.Check == c }
		if slices.ContainsFunc(held, same) {
			continue
		}
		if i := slices.IndexFunc(r.checks, same); i >= 0 {
			held = append(held, r.checks[i])
		} else {
			held = append(held, CheckStatus{Check: c})
		}
	}
	r.checks = held
}

// A subject is what checks look at: those of the same one share the work.
type subject struct {
	method, name string
	timed        bool
}

// A sight is a subject as it is at one moment.
type sight struct {
	seen     bool          // whether there ever was such a request
	run, now stats.Row     // without the warm-up
	span     time.Duration // of now
}

// look returns the subject of a check: in the numbers of settled, and recently since a
// moment.
func (r *run) look(c checks.Check, settled *stats.Snapshot, since time.Time) (is sight) {
	all, keys := c.Find(r.table.Snapshot())
	is = sight{seen: all.Requests() > 0, run: all}
	if r.cfg.CheckWarmup > 0 {
		is.run, _ = c.Find(settled)
	}
	if c.All() {
		keys = nil
	}
	rows, span := r.table.Recent(keys, since)
	is.now, is.span = c.Sum(rows), span
	return is
}

// judge looks at what the run is held to, after a delta, and stops the run when a check
// has been broken for too long.
func (r *run) judge(d stats.Delta) {
	if r.cfg.CheckWarmup > 0 && r.hasWarmed(d) {
		r.settled.Add(d)
	}
	if len(r.checks) == 0 || r.state == Paused || r.begun.IsZero() {
		return
	}
	settled := r.table.Snapshot()
	if r.cfg.CheckWarmup > 0 {
		settled = r.settled.Snapshot()
	}
	since := r.recorder.Clock(r.judgedFrom())
	counts := r.state != Stopping && r.state != Stopped
	warm := !d.From.Before(since)
	if !warm {
		since = time.Time{} // shown, but no breach
	}
	seen := map[subject]sight{}
	for i := range r.checks {
		h := &r.checks[i]
		of := subject{h.Method, h.Name, h.Metric.Timed()}
		if _, ok := seen[of]; !ok {
			seen[of] = r.look(h.Check, settled, since)
		}
		is := seen[of]
		if !is.seen && !(warm && h.Metric.Answers()) {
			continue
		}
		h.Run = checks.Result{}
		if settled.Span() > 0 {
			h.Run = h.Evaluate(is.run, settled.Span())
		}
		h.Pending = r.state != Stopped && h.Check.Pending(h.Run)
		if !counts {
			continue
		}
		if h.Now = h.Run; !h.Metric.Counted() {
			h.Now = h.Evaluate(is.now, is.span)
		}
		if warm {
			r.take(h, d)
		}
	}
	for i := range r.checks {
		h := &r.checks[i]
		if stop := r.cfg.CheckStop; counts && stop > 0 && h.InBreach > 0 && h.InBreach+drainEvery/2 >= stop {
			h.Ended = true
			r.stop("check " + h.String() + " was broken for " + stop.String() + ": " + h.recently() + ", " + h.Say(h.Run.Value) + " in the whole run")
			return
		}
	}
}

// recently returns in words what the last 10 s were like.
func (c CheckStatus) recently() string {
	if !c.Now.Known {
		return "no such request in the last 10 s"
	}
	return c.Say(c.Now.Value) + " in the last 10 s"
}

// take notes whether a check is broken by now. As long as there is nothing to judge, one
// that was broken stays so: the target may have stopped answering.
func (r *run) take(h *CheckStatus, d stats.Delta) {
	told := h.Breaches <= toldBreaches
	switch broken := h.Now.Known && !h.Now.OK && !h.Pending; {
	case broken, !h.Now.Known && h.InBreach > 0:
		if h.InBreach == 0 {
			h.Breaches++
			if h.FirstBreach.IsZero() {
				h.FirstBreach = d.To
			}
			if h.Breaches <= toldBreaches {
				r.happened(EventBreach, "%s broken: %s", h, h.Say(h.Now.Value))
			}
		}
		h.InBreach += d.Span()
		h.Broken += d.Span()
	case h.InBreach > 0:
		h.InBreach = 0
		if told {
			r.happened(EventRecovery, "%s holds again: %s", h, h.Say(h.Now.Value))
		}
	}
}

// judgedFrom returns since when what the run does can be a breach: the warm-up is over,
// and so is the latest pause.
func (r *run) judgedFrom() time.Time {
	from := r.warmFrom()
	if r.resumed.After(from) {
		return r.resumed
	}
	return from
}

// warmFrom returns the end of the warm-up.
func (r *run) warmFrom() time.Time { return r.begun.Add(r.paused + r.cfg.CheckWarmup) }

// hasWarmed reports whether a delta begins after the warm-up.
func (r *run) hasWarmed(d stats.Delta) bool {
	return !r.begun.IsZero() && !d.From.Before(r.recorder.Clock(r.warmFrom()))
}

// settle gathers the numbers since the warm-up, which is another one now.
func (r *run) settle() {
	r.settled = stats.Table{}
	if r.cfg.CheckWarmup == 0 {
		return
	}
	for d := range r.history.Timeline().Deltas() {
		if r.hasWarmed(d) {
			r.settled.Add(d)
		}
	}
}

// relieve forgets what the checks said: the numbers they were about are gone.
func (r *run) relieve() {
	r.checks, r.settled = nil, stats.Table{}
	r.keepTo(r.cfg.Checks)
}

// NameHint says what to write instead of a check that is about no request of a run.
func NameHint(s *Status, c checks.Check) string {
	names := make([]string, 0, len(s.Stats.Rows))
	for _, l := range s.Stats.Rows {
		names = append(names, strings.TrimSpace(l.Method+" "+l.Name))
	}
	if near := Nearest(c.Subject(), names); near != "" {
		return "did you mean " + near + "?"
	}
	return "write the name as the statistics show it"
}
