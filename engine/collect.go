package engine

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// collect makes what users recorded since the last time visible.
func (r *run) collect() {
	now := time.Now()
	r.judge(r.record(now))
	r.publish()
	if r.arrivals != nil && r.state == Running {
		for _, u := range r.arrivals.surplus(now) {
			u.quit()
		}
	}
}

// record adds a delta to the numbers and returns it.
func (r *run) record(now time.Time) stats.Delta {
	g := stats.Gauges{Users: r.users(), Target: r.planned(now)}
	if r.arrivals != nil {
		sum := r.arrivals.sum()
		g.Arrivals = sum.Minus(r.counted)
		r.counted = sum
	}
	d := r.recorder.Drain(now, g)
	for i := range d.Failures {
		d.Failures[i].Example = load.Redacted(d.Failures[i].Example)
	}
	d.Health = r.monitor.Take(d.Total().OK.Percentile(50), starved(d))
	r.table.Add(d)
	r.history.Add(d)
	return d
}

// starved returns how many requests of d this machine had no means to send.
func starved(d stats.Delta) (n int64) {
	for i := range d.Failures {
		if f := &d.Failures[i]; Starved(f.FailureKey) {
			n += f.Count
		}
	}
	return n
}

// Starved reports whether failures are of requests that this machine had no means to send.
// One that is no request is the scenario's mistake.
func Starved(k stats.FailureKey) bool { return k.Ours && k.Format != string(load.UnusableRequest) }

// reset begins the numbers anew and returns how many requests they told of.
func (r *run) reset() int64 {
	last := r.recorder.Restart(time.Now())
	requests := r.table.Snapshot().Total.Requests() + last.Total().Requests()
	r.table, r.history = stats.Table{}, stats.History{}
	if r.arrivals != nil {
		r.counted = r.arrivals.sum()
	}
	r.waited = r.engine.throttle.waited()
	r.log.Info("numbers reset", "requests", requests)
	r.relieve()
	for _, c := range r.casts {
		c.begun.reset()
	}
	r.happened(EventReset, "numbers reset, which told of %d requests", requests)
	r.publish()
	return requests
}

// publish makes the run's present the engine's status.
func (r *run) publish() {
	now := time.Now()
	s := &Status{
		State: r.state, Run: r.number, Config: r.shown(), Started: r.started, Ended: r.over, At: now,
		Begun: r.begun, Peak: r.peak(), Target: r.planned(now), Plan: r.line, Paused: r.paused,
		Users: r.users(), Starting: int(r.held.Load()), Abandoned: r.lost, Reason: r.reason,
		Stats: r.table.Snapshot(), History: r.history.Timeline(),
		Checks: slices.Clone(r.checks), Events: r.events,
	}
	if !r.pausedAt.IsZero() {
		s.Paused += now.Sub(r.pausedAt)
	}
	if r.arrivals != nil && r.over.IsZero() {
		s.Idle = r.arrivals.idle()
	}
	for f, rows := range r.feeds {
		s.Feeds = append(s.Feeds, FeedStatus{f.Info(), rows.Len(), rows.Taken(), rows.Dry()})
	}
	slices.SortFunc(s.Feeds, func(a, b FeedStatus) int { return strings.Compare(a.Name, b.Name) })
	for i, c := range r.casts {
		counts, _ := c.begun.fill(c.counts, 0)
		s.Scenarios = append(s.Scenarios, Headcount{
			Name: c.plan.Name, Host: c.base.Origin + c.base.Prefix, Users: r.alive[i], AtMost: r.atMost[i], Tasks: c.tasks, Counts: counts,
			Weight: r.classes[i].Weight, Count: r.classes[i].Count,
		})
	}
	s.Notices = r.notices(s)
	r.engine.publish(s)
}

// shown returns what the run was asked for without what nobody shall see.
func (r *run) shown() Config {
	c := r.cfg
	if len(c.Params) > 0 {
		c.Params = maps.Clone(c.Params)
	}
	c.Weights = maps.Clone(c.Weights)
	for _, plan := range r.engine.plans {
		for _, p := range plan.Params {
			if spec := p.Spec(); spec.Secret {
				delete(c.Params, spec.Name)
			}
		}
	}
	return c
}

// peak returns how many users there will be at most, 0 when that is not known.
func (r *run) peak() int {
	if r.cfg.Model == Open || r.cfg.Shape != "" {
		return 0
	}
	return int(math.Ceil(r.cfg.Peak()))
}
