package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// A Plan is a drawing of the load that is planned.
type Plan struct {
	Line, Area string // paths of an SVG of planWide × planHigh; "" when there is nothing to draw
	Across, Up []Tick // of time and of load
	Unit       string // of the load
	Now        string // where the run is, across; "" when it is nowhere
	Text       string // the plan in words
	Error      string // what is wrong with the stages
}

// A Tick is a mark on an axis.
type Tick struct{ At, Label string }

// The size of a plan's drawing, which is stretched to the place there is.
const planWide, planHigh = 1000, 100

// The units of load.
const (
	unitUsers    = "users"
	unitArrivals = "arrivals/s"
)

func unitOf(m engine.Model) string {
	if m == engine.Open {
		return unitArrivals
	}
	return unitUsers
}

// NewPreview draws the load that c asks for, beginning with a load of from. Mistakes
// are what could not be read, by field; only those of the stages are said: whoever
// types a number is not done yet.
func NewPreview(c engine.Config, from float64, mistakes map[engine.Field]string) Plan {
	p := Plan{Unit: unitOf(c.Model), Error: mistakes[engine.FieldStages]}
	switch {
	case len(mistakes) > 0:
		p.Text = "The plan is drawn here as soon as it can be read."
		return p
	case c.Shape != "":
		p.Text = "The load of a shape is not known beforehand: it is decided as the run goes."
		return p
	case !(c.Peak() > 0):
		p.Text = "Say how much load there shall be, and its plan is drawn here."
		return p
	}
	points := c.Plan(from)
	end, ends := points[len(points)-1].At, len(c.Stages) > 0
	if c.RunTime > 0 && (!ends || c.RunTime < end) {
		end, ends = c.RunTime, true
	}
	p.Text = planText(c, points, end, ends)
	if !ends {
		end += max(end/2, 10*time.Second) // that it stays is to be seen
	}
	p.draw(points, end)
	return p
}

// newPlan draws the plan of a run and where the run is in it. It returns nil for a
// plan that is no more than a number of users or a rate, be it another one by now.
func newPlan(s *engine.Status) *Plan {
	if len(s.Plan) <= 2 || len(s.Config.Stages) == 0 {
		return nil
	}
	p := &Plan{Unit: unitOf(s.Config.Model)}
	end := s.Plan[len(s.Plan)-1].At
	now := planClock(s)
	p.draw(s.Plan, max(end, time.Second))
	p.Text = "planned " + p.Unit + ", over after " + span(end)
	if s.State.Active() {
		p.Now = share(float64(now), float64(end))
		p.Text += ", now at " + clock(min(now, end))
	}
	return p
}

// planText says the plan in words.
func planText(c engine.Config, points []engine.PlanPoint, end time.Duration, ends bool) string {
	var b strings.Builder
	peak := c.Peak()
	unit := unitOf(c.Model)
	if c.Model != engine.Open && peak == 1 {
		unit = "user"
	}
	b.WriteString(loadText(peak) + " " + unit)
	ramp := points[len(points)-1].At
	switch {
	case len(c.Stages) > 0:
		b.WriteString(" at the peak")
	case ramp > 0:
		b.WriteString(" after " + span(ramp))
	}
	if !ends {
		b.WriteString(", until stopped")
		return b.String()
	}
	b.WriteString(", over after " + span(end))
	if c.Model == engine.Open {
		b.WriteString("; about " + count(int64(math.Round(area(points, end)))) + " arrivals in all")
	}
	return b.String()
}

// area returns load × time of a plan until end: how many arrivals it makes.
func area(points []engine.PlanPoint, end time.Duration) float64 {
	sum := 0.0
	cut := until(points, end)
	for i := 1; i < len(cut); i++ {
		sum += (cut[i].Load + cut[i-1].Load) / 2 * (cut[i].At - cut[i-1].At).Seconds()
	}
	return sum
}

// until returns the part of a plan up to end, where it stays at its last load.
func until(points []engine.PlanPoint, end time.Duration) []engine.PlanPoint {
	var list []engine.PlanPoint
	for i, p := range points {
		if p.At > end {
			before := points[i-1]
			part := float64(end-before.At) / float64(p.At-before.At)
			return append(list, engine.PlanPoint{At: end, Load: before.Load + part*(p.Load-before.Load)})
		}
		list = append(list, p)
	}
	if at := list[len(list)-1]; at.At < end {
		list = append(list, engine.PlanPoint{At: end, Load: at.Load})
	}
	return list
}

func (p *Plan) draw(points []engine.PlanPoint, end time.Duration) {
	top := 0.0
	for _, point := range points {
		top = max(top, point.Load)
	}
	if top == 0 {
		top = 1
	}
	step := niceStep(top / 3)
	for y := 0.0; y <= top*1.001; y += step {
		p.Up = append(p.Up, Tick{share(top*1.08-y, top*1.08), loadText(y)})
	}
	for t, step := time.Duration(0), niceTime(end/5); t <= end; t += step {
		p.Across = append(p.Across, Tick{share(float64(t), float64(end)), span(t)})
	}
	var b strings.Builder
	for i, point := range until(points, end) {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(coordinate(planWide * float64(point.At) / float64(end)))
		b.WriteByte(' ')
		b.WriteString(coordinate(planHigh * (1 - point.Load/(top*1.08))))
	}
	p.Line = b.String()
	p.Area = p.Line + "L" + strconv.Itoa(planWide) + " " + strconv.Itoa(planHigh) + "L0 " + strconv.Itoa(planHigh) + "Z"
}

// niceStep returns the least of 1, 2, 5, 10, 20 …, of 0.1 and so on too, that is at
// least x.
func niceStep(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, n := range []float64{1, 2, 5} {
		if n*unit >= x*0.999 {
			return n * unit
		}
	}
	return 10 * unit
}

// niceTimes are the distances of marks on an axis of time.
var niceTimes = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// niceTime returns the least of niceTimes that is at least d; of what is longer than
// all, whole days.
func niceTime(d time.Duration) time.Duration {
	for _, t := range niceTimes {
		if t >= d {
			return t
		}
	}
	const day = 24 * time.Hour
	return (d + day - 1).Truncate(day)
}

// share words part of whole as an SVG's percentage.
func share(part, whole float64) string {
	return coordinate(100*max(0, min(1, part/whole))) + "%"
}

// loadText words a planned load: 20 000, 0.5.
func loadText(x float64) string {
	to := 1e6 // small rates need more digits
	if x >= 1 {
		to = 10
	}
	return grouped(strconv.FormatFloat(math.Round(x*to)/to, 'f', -1, 64))
}

// span words a time span as the forms take it: 0, 500ms, 90s as 1m30s, 2h.
func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return engine.FormatRunTime(d.Round(100 * time.Millisecond))
}
