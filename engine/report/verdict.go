package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// An Outcome is what a run comes down to.
type Outcome string

// The outcomes. Of several that apply a run has the first.
const (
	Broken   Outcome = "broken"   // a check does not hold
	Failed   Outcome = "failed"   // requests failed, or scenarios had exceptions
	Untested Outcome = "untested" // no request was answered, or there was no run, or it is still on
	Invalid  Outcome = "invalid"  // the load generator was the bottleneck
	Passed   Outcome = "passed"
)

// OutcomeOf returns what the run of s comes down to.
func OutcomeOf(s *engine.Status) Outcome { return Lenience{}.outcomeOf(s) }

// A Lenience is what shall not keep a run from passing. It changes no number.
type Lenience struct {
	Failures  bool // requests that failed, exceptions, and no answer at all
	Generator bool // a load generator that was the bottleneck
}

// outcomeOf is OutcomeOf but for what l lets pass.
func (l Lenience) outcomeOf(s *engine.Status) Outcome {
	switch {
	case s.Run == 0 || s.State != engine.Stopped:
		return Untested
	case brokenChecks(s) > 0:
		return Broken
	case l.Failures: // nor does it matter whether there was an answer
	case len(s.Stats.Failures) > 0 || len(s.Stats.Exceptions) > 0:
		return Failed
	case s.Stats.Total.Requests() == 0:
		return Untested
	}
	if s.Stats.Health.Spoils() && !l.Generator {
		return Invalid
	}
	return Passed
}

// What lets things pass, in words.
const (
	failuresPass  = "--exit-code-on-error 0 lets that pass"
	generatorPass = "--exit-code-on-invalid 0 lets that pass"
)

// text says in a line what the outcome is about, and what was let pass.
func (l Lenience) text(s *engine.Status) string {
	strict, lenient := OutcomeOf(s), l.outcomeOf(s)
	text := outcomeText(s)
	switch {
	case strict == lenient:
		return text
	case strict == Invalid:
		return text + "; " + generatorPass
	}
	text += "; " + failuresPass
	if s.Stats.Health.Spoils() { // which comes after failures
		text += ", and the load generator was the bottleneck"
		if l.Generator {
			text += "; " + generatorPass
		}
	}
	return text
}

// outcomeText says in a line what the outcome is about.
func outcomeText(s *engine.Status) string {
	switch outcome := OutcomeOf(s); outcome {
	case Untested:
		switch {
		case s.Run == 0:
			return "there was no run"
		case s.State == engine.Stopped:
			return "no request was answered"
		}
		return "the run is " + string(s.State)
	case Broken:
		return fmt.Sprintf("%d of %s not hold", brokenChecks(s), plural(int64(len(s.Checks)), "check does", "checks do"))
	case Invalid:
		return "the load generator was the bottleneck"
	case Failed:
		text := fmt.Sprintf("%d of %s failed", s.Stats.Total.Failures(), plural(s.Stats.Total.Requests(), "request", "requests"))
		if n := s.Stats.Unsent(); n > 0 {
			text += fmt.Sprintf(", %d could not be sent", n)
		}
		if n := exceptions(s); n > 0 {
			text += ", " + plural(n, "exception", "exceptions")
		}
		return text
	}
	text := plural(s.Stats.Total.Requests(), "request", "requests") + ", none failed"
	if n := len(s.Checks); n > 0 {
		text += ", " + plural(int64(n), "check", "checks") + " kept"
	}
	return text
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func exceptions(s *engine.Status) (n int64) {
	for _, e := range s.Stats.Exceptions {
		n += e.Count
	}
	return n
}

// A Holding is whether a check holds.
type Holding string

// The cases. A check without data does not hold: a name that is mistyped must not pass.
const (
	Holds   Holding = "holds"
	Breaks  Holding = "broken"
	Pending Holding = "pending" // a count has not yet grown as far as it must
	NoData  Holding = "no data" // there was no such request
)

// Bad reports whether h keeps a run from passing.
func (h Holding) Bad() bool { return h == Breaks || h == NoData }

// HoldingOf returns whether a check holds: for the whole run, or at a breach that ended
// it.
func HoldingOf(c engine.CheckStatus) Holding {
	switch {
	case c.Ended:
		return Breaks
	case !c.Run.Known:
		return NoData
	case c.Pending:
		return Pending
	case c.Run.OK:
		return Holds
	}
	return Breaks
}

func brokenChecks(s *engine.Status) (n int) {
	for _, c := range s.Checks {
		if HoldingOf(c).Bad() {
			n++
		}
	}
	return n
}

// checkText says in a line what came of a check.
func checkText(s *engine.Status, c engine.CheckStatus) string {
	if !c.Run.Known {
		return "there was no such request"
	}
	text := c.Say(c.Run.Value) + " " + Judged(s.Config)
	if c.Breaches > 0 {
		text += fmt.Sprintf("; broken %s, %s in all, first at %s",
			times(c.Breaches), c.Broken.Round(time.Second), moment(c.FirstBreach))
	}
	return text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// scenarioNames returns the names of the run's scenarios.
func scenarioNames(s *engine.Status) (names []string) {
	for _, h := range s.Scenarios {
		names = append(names, h.Name)
	}
	return names
}

// hosts returns where requests went.
func hosts(s *engine.Status) (list []string) {
	for _, h := range s.Scenarios {
		if host := engine.WithoutUser(h.Host); host != "" && !slices.Contains(list, host) {
			list = append(list, host)
		}
	}
	return list
}

// loadText says how much load the run was asked for.
func loadText(c engine.Config) string {
	switch {
	case c.Shape != "":
		return "shape " + c.Shape
	case len(c.Stages) > 0 && c.Model == engine.Open:
		return "stages " + c.Stages.String() + " arrivals/s"
	case len(c.Stages) > 0:
		return "stages " + c.Stages.String()
	case c.Model == engine.Open:
		return thousandths(c.Rate) + " arrivals/s"
	}
	return plural(int64(c.Users), "user", "users") + ", " + thousandths(c.SpawnRate) + "/s"
}
