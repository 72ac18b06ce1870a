package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// Picks is the part of a form that says which scenarios run, and how much of each.
type Picks struct {
	List    []Pick
	Fixed   bool   // they are those of the run: only their weights can change
	Summary string // all in one line
	Open    bool

	Error, WeightsError, TasksError string
}

// A Pick is a scenario to take or leave.
type Pick struct {
	Name, Help, Host string
	Picked           bool
	Out              bool   // takes no part in the run whose weights can change
	Hostless         bool   // needs a host and has none
	Count            string // how many users it has whatever the others have; "" when it has a weight
	Own, Weight      string // its weight, and the one instead of it
	Share            string // of the users that have no scenario by count; "" when it has none
	Tasks            []Switch
	Sum              string // the tasks in one line
}

// A Switch is a task, which can be left out of a run.
type Switch struct {
	Path, Name string
	Weight     int
	On         bool
	Fixed      string // why it cannot be left out by itself; "" when it can
	Share      string // of the picks of its set; "" when nothing is picked there
	Ordered    bool   // Inner are steps
	Inner      []Switch
}

// Names of inputs that the page has instead of FieldWeights and FieldTasksOff, which
// no plain input can be: Gather makes those of them.
const (
	prefixWeight   = "weight:"    // and the scenario's name
	fieldTaskOn    = "task:on"    // path of a task, from a box that is ticked
	fieldTaskKnown = "task:known" // path of a task that has such a box
)

// Gather puts what a form of the page holds under the names that a start takes. In each
// list an empty text comes first, which says that there is nothing else in it.
func Gather(form url.Values) {
	weighed := false
	var weights []string
	for name, list := range form {
		if scenario, ok := strings.CutPrefix(name, prefixWeight); ok {
			weighed = true
			if w := strings.TrimSpace(last(list)); w != "" {
				weights = append(weights, scenario+"="+w)
			}
			form.Del(name)
		}
	}
	if weighed {
		slices.Sort(weights)
		form[FieldWeights] = append([]string{""}, weights...)
	}
	if !form.Has(fieldTaskKnown) {
		return
	}
	off := []string{""}
	for _, path := range form[fieldTaskKnown] {
		if !slices.Contains(form[fieldTaskOn], path) {
			off = append(off, path)
		}
	}
	form[FieldTasksOff] = off
	form.Del(fieldTaskKnown)
	form.Del(fieldTaskOn)
}

// newPicks offers all scenarios, as v has them picked and weighed.
func newPicks(v url.Values, offer Offer) Picks {
	var p Picks
	for _, o := range offer.scenarios {
		p.List = append(p.List, newPick(o, v))
	}
	p.settle()
	return p
}

// newWeights offers to change the weights of the scenarios that v names. The others are
// there too: the form stays as it is when another run begins, and a script shows them.
func newWeights(v url.Values, offer Offer) Picks {
	p := Picks{Fixed: true}
	for _, o := range offer.scenarios {
		pick := newPick(o, v)
		pick.Out, pick.Tasks = !pick.Picked, nil
		p.List = append(p.List, pick)
	}
	p.settle()
	return p
}

func newPick(o offeredScenario, v url.Values) Pick {
	host := engine.WithoutUser(o.host)
	p := Pick{
		Name: o.name, Help: line(o.help), Host: host, Hostless: host == "" && !o.noHost,
		Picked: slices.Contains(v[FieldScenarios], o.name),
		Tasks:  newSwitches(o.name, "", o.tasks, v[FieldTasksOff]),
	}
	if o.count > 0 {
		p.Count = "exactly " + plural(int64(o.count), "user", "users")
		return p
	}
	p.Own = strconv.Itoa(o.weight)
	for _, text := range v[FieldWeights] {
		if weight, ok := strings.CutPrefix(text, o.name+"="); ok {
			p.Weight = weight
		}
	}
	return p
}

// weightValues words weights as a start takes them.
func weightValues(weights map[string]int) []string {
	list := []string{""}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		list = append(list, name+"="+strconv.Itoa(weights[name]))
	}
	return list
}

// newSwitches returns the switches of tasks within a path. whole is what runs as a
// whole around them; "" means nothing.
func newSwitches(within, whole string, tasks []offeredTask, off []string) []Switch {
	var list []Switch
	chained := slices.ContainsFunc(tasks, func(t offeredTask) bool { return t.chained })
	if chained && whole == "" {
		whole = "part of a chain"
	}
	sum := 0
	for _, t := range tasks {
		s := Switch{Path: within + "/" + t.name, Name: t.name, Weight: t.weight, Fixed: whole, Ordered: len(t.steps) > 0}
		s.On = !slices.Contains(off, s.Path)
		if s.On {
			sum += t.weight
		}
		if s.Ordered {
			s.Inner = newSwitches(s.Path, "a step", t.steps, off)
		} else {
			s.Inner = newSwitches(s.Path, whole, t.tasks, off)
		}
		list = append(list, s)
	}
	if chained || whole == "a step" {
		return list // nothing is picked by weight
	}
	for i, s := range list {
		list[i].Share = shareText(s.On, s.Weight, sum)
	}
	return list
}

// settle works out the shares, and words all in one line. The page's script does the
// same as one types.
func (p *Picks) settle() {
	picked := slices.DeleteFunc(slices.Clone(p.List), func(x Pick) bool { return !x.Picked })
	if len(picked) == 0 && !p.Fixed { // none means all
		picked = p.List
	}
	sum, off := 0, 0
	var weights []string
	for _, x := range picked {
		sum += x.weight()
		if x.Count == "" {
			weights = append(weights, strconv.Itoa(x.weight()))
		}
		off += switchedOff(x.Tasks)
	}
	for i, x := range p.List {
		if x.Count == "" {
			runs := slices.ContainsFunc(picked, func(y Pick) bool { return y.Name == x.Name })
			p.List[i].Share = shareText(runs, x.weight(), sum)
		}
		p.List[i].Sum = tasksText(x.Tasks)
	}
	var words []string
	switch {
	case p.Fixed:
	case len(p.List) == 1:
		words = append(words, p.List[0].Name)
	case len(picked) == 1:
		words = append(words, picked[0].Name+", 1 of "+strconv.Itoa(len(p.List)))
	case len(picked) == len(p.List):
		words = append(words, "all "+strconv.Itoa(len(picked)))
	default:
		words = append(words, strconv.Itoa(len(picked))+" of "+strconv.Itoa(len(p.List)))
	}
	switch n := len(weights); {
	case n < 2 || n > 6:
	case p.Fixed: // its title is that they are weights
		words = append(words, strings.Join(weights, ":"))
	default:
		words = append(words, "weights "+strings.Join(weights, ":"))
	}
	if off > 0 {
		words = append(words, plural(int64(off), "task", "tasks")+" off")
	}
	p.Summary = strings.Join(words, ", ")
}

func (p Picks) title() string {
	if p.Fixed {
		return "Weights"
	}
	return "Scenarios"
}

// picked returns the names of the scenarios that are picked.
func (p Picks) picked() []string {
	var list []string
	for _, x := range p.List {
		if x.Picked {
			list = append(list, x.Name)
		}
	}
	return list
}

// weight returns the weight that counts; 0 of a scenario that has none.
func (p Pick) weight() int {
	if w, err := strconv.Atoi(p.Weight); err == nil && w > 0 {
		return w
	}
	w, _ := strconv.Atoi(p.Own)
	return w
}

// choosy tells whether there are tasks that could be left out: of one, nothing can.
func (p Pick) choosy() bool { return len(p.Tasks) > 1 || len(p.Tasks) == 1 && p.Tasks[0].Inner != nil }

// tasksText words how many tasks there are to pick from, and how many are off.
func tasksText(tasks []Switch) string {
	text := plural(int64(len(tasks)), "task", "tasks")
	if off := switchedOff(tasks); off > 0 {
		text += ", " + strconv.Itoa(off) + " off"
	}
	return text
}

func switchedOff(tasks []Switch) int {
	n := 0
	for _, s := range tasks {
		if !s.On {
			n++
		}
		n += switchedOff(s.Inner)
	}
	return n
}

// shareText words part of whole: 33 %. What does not take part has a dash.
func shareText(takesPart bool, part, whole int) string {
	if !takesPart || whole == 0 {
		return "–"
	}
	return strconv.Itoa((200*part+whole)/(2*whole)) + thin + "%"
}
