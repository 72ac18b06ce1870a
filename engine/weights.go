package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// MaxWeight keeps sums of weights far from overflow.
const MaxWeight = 1_000_000

// weigh returns the weight that c gives to a scenario.
func (c Config) weigh(p *load.Plan) int { return cmp.Or(c.Weights[p.Name], p.Weight) }

// weightMistakes returns what is wrong with the weights of c, the model being m. Those of
// scenarios that are not picked are no mistakes: they say nothing.
func (c Config) weightMistakes(plans []*load.Plan, m Model) (errs []error) {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.Name
	}
	for _, name := range slices.Sorted(maps.Keys(c.Weights)) {
		i := slices.Index(names, name)
		switch w := c.Weights[name]; {
		case i < 0:
			errs = append(errs, wrong(FieldWeights, "there is no scenario %q — %s", name, hint(name, "scenarios", names)))
		case w < 1:
			errs = append(errs, wrong(FieldWeights, "%d of %s is too small — at least 1; a scenario that is not picked has no users", w, name))
		case w > MaxWeight:
			errs = append(errs, wrong(FieldWeights, "%d of %s is too large — at most %d", w, name, MaxWeight))
		case m != Open && plans[i].Count > 0:
			errs = append(errs, wrong(FieldWeights, "%s has an exact number of users, %d, whatever the weights — leave its weight out", name, plans[i].Count))
		}
	}
	return errs
}

// A balance is how the users there are are brought to new weights.
type balance struct {
	timer *time.Timer
	due   time.Time // when the next user is to be exchanged
}

// reweigh gives the scenarios the weights of the run's config and returns in words what
// that changes. The users there are follow at the spawn rate.
func (r *run) reweigh() (text []string) {
	classes := slices.Clone(r.classes)
	for i, c := range r.casts {
		was, is := classes[i].Weight, r.cfg.weigh(c.plan)
		if was != is {
			text = append(text, fmt.Sprintf("weight of %s %d → %d", c.plan.Name, was, is))
		}
		classes[i].Weight = is
	}
	r.classes = classes
	if r.arrivals != nil && text != nil {
		r.arrivals.reweigh(classes)
	}
	r.rebalance()
	return text
}

// rebalance begins to exchange users until there are as many of each scenario as the
// weights say. Whoever begins again and again exchanges no more of them for it.
func (r *run) rebalance() {
	now := time.Now()
	if r.balance.due.Before(now) {
		r.balance.due = now
	}
	if latest := now.Add(dispatch.At(1, r.exchangeRate())); latest.Before(r.balance.due) {
		r.balance.due = latest
	}
	r.balance.timer.Reset(time.Until(r.balance.due))
}

// exchangeRate returns how many users are exchanged per second: as many as are spawned.
// A plan has no such number; by it all could be exchanged in ten seconds.
func (r *run) exchangeRate() float64 {
	if r.guide == nil {
		return r.cfg.SpawnRate
	}
	return max(1, float64(r.slotted())/10)
}

// exchange exchanges the users that are due. A ramp comes first: its users have the new
// weights anyway.
func (r *run) exchange() {
	if r.arrivals != nil || r.state != Running || r.begun.IsZero() || r.iterations.allBegun() {
		return
	}
	for {
		give, get := dispatch.Shift(r.classes, r.counts)
		if give < 0 {
			return
		}
		if wait := time.Until(r.balance.due); wait > 0 {
			r.balance.timer.Reset(wait)
			return
		}
		vacant := r.vacant[give] > 0
		if finishing := r.users() - r.slotted() + sum(r.vacant); !vacant && finishing > 0 && r.full() {
			r.balance.timer.Reset(shapeEvery)
			return
		}
		r.dismiss(give)
		if vacant { // its user has ended by itself and is not replaced
			r.counts[get]++
			r.vacant[get]++
		} else {
			r.spawn(get)
		}
		r.balance.due = r.balance.due.Add(dispatch.At(1, r.exchangeRate())) // which changes with a plan
	}
}

// reweigh makes further arrivals those of classes.
func (a *arrivals) reweigh(classes []dispatch.Class) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.classes {
		a.classes[i].Weight = classes[i].Weight
	}
	clear(a.given) // or one scenario would get all until it has caught up
}

// ParseWeights reads weights of scenarios, each written as name=3. One without a number
// is the scenario's own.
func ParseWeights(list []string) (map[string]int, error) {
	weights := map[string]int{}
	for _, text := range list {
		i := strings.LastIndexByte(text, '=')
		if strings.TrimSpace(text) == "" {
			continue
		}
		if i < 0 {
			return nil, wrong(FieldWeights, "%q is not a weight — write the scenario and its weight, for example shop=3", text)
		}
		name, number := strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
		if number == "" {
			continue
		}
		n, err := parseWhole(number)
		if err != nil {
			return nil, wrong(FieldWeights, "%q of %s is not a whole number — write for example %s=3", number, name, name)
		}
		weights[name] = n
	}
	return weights, nil
}
