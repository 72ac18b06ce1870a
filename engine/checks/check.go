// Package checks has the objectives that a run is held to, such as
// "GET /cart p95 < 300ms": how they are written, and whether they hold.
package checks

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Check is an objective: a metric of some requests compared with a bound.
//
// Its requests are those of a method and a name, as rows have them. Without a method
// they are all of that name, without a name all of that method, and without either all
// requests together. A subject of one word in capitals may be a method or a name.
type Check struct {
	Method, Name string
	Metric       Metric
	Op           Op
	Bound        float64 // in the metric's unit: milliseconds, percent, or none
}

// A Metric is what a check looks at. Percentiles are metrics too, see Percentile. Times
// are response times.
type Metric string

// The metrics beside percentiles.
const (
	Avg      Metric = "avg"
	Min      Metric = "min"
	Max      Metric = "max"
	FailRate Metric = "fail%"    // share of the requests that failed, in percent
	Fails    Metric = "fails"    // requests that failed, of the whole run
	Requests Metric = "requests" // of the whole run
	RPS      Metric = "rps"      // requests per second
	FailsPS  Metric = "fails/s"  // failures per second
)

// Metrics are the metrics beside percentiles, as a list to choose from.
var Metrics = []Metric{Avg, Min, Max, FailRate, Fails, FailsPS, Requests, RPS}

// Percentile returns which percentile m is: 99.9 for "p99.9". ok tells whether it is one.
func (m Metric) Percentile() (p float64, ok bool) {
	digits, ok := strings.CutPrefix(string(m), "p")
	if !ok {
		return 0, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return p, err == nil && p > 0 && p <= 100
}

// Timed reports whether m is a time, in milliseconds.
func (m Metric) Timed() bool {
	_, ok := m.Percentile()
	return ok || m == Avg || m == Min || m == Max
}

// Counted reports whether m only ever grows during a run.
func (m Metric) Counted() bool { return m == Fails || m == Requests }

// Answers reports whether m is how many requests were answered, or failed: it is known,
// to be 0, even when there were none.
func (m Metric) Answers() bool { return m == RPS || m == Requests }

// An Op compares a value with a bound.
type Op string

// The operators.
const (
	Less         Op = "<"
	AtMost       Op = "<="
	Greater      Op = ">"
	AtLeast      Op = ">="
	Equal        Op = "=="
	Unequal      Op = "!="
	allOperators    = "< <= > >= == !="
)

// holds reports whether value is to bound as o says.
func (o Op) holds(value, bound float64) bool {
	switch order := cmp.Compare(value, bound); o {
	case Less:
		return order < 0
	case AtMost:
		return order <= 0
	case Greater:
		return order > 0
	case AtLeast:
		return order >= 0
	case Equal:
		return order == 0
	default:
		return order != 0
	}
}

// margin returns how far value is on the right side of bound, as a share of it. It is
// negative on the wrong side, and finite.
func (o Op) margin(value, bound float64) float64 {
	room := bound - value
	switch o {
	case Greater, AtLeast:
		room = -room
	case Equal:
		room = -math.Abs(room)
	case Unequal:
		room = math.Abs(room)
	}
	switch {
	case room == 0:
		return 0
	case bound == 0:
		return math.Copysign(1, room)
	}
	return room / bound
}

// Subject returns what requests c is about as it is written, "" for all.
func (c Check) Subject() string { return strings.TrimSpace(c.Method + " " + c.Name) }

// All reports whether c is about all requests together.
func (c Check) All() bool { return c.Method == "" && c.Name == "" }

// String writes c in the form that Parse reads; equal checks are written alike.
func (c Check) String() string {
	s := string(c.Metric) + " " + string(c.Op) + " " + c.Metric.Text(c.Bound)
	if of := c.Subject(); of != "" {
		return of + " " + s
	}
	return s
}

// Text writes a value of m as a bound is written: 300ms, 1.5s, 1%, 500.
func (m Metric) Text(value float64) string {
	digits := func(x float64, most int) string {
		s := strconv.FormatFloat(x, 'f', most, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	switch {
	case m == FailRate:
		return digits(value, 6) + "%"
	case !m.Timed():
		return digits(value, 6)
	case value >= 1000:
		return digits(value/1000, 9) + "s"
	case value < 1 && value > 0:
		return digits(value*1000, 3) + "us"
	}
	return digits(value, 6) + "ms"
}

// Say writes a value of c's metric in words: to four digits.
func (c Check) Say(value float64) string {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 4, 64), 64)
	return c.Metric.Text(max(short, math.Trunc(value)))
}

// matches reports whether c is about the requests of a row. Groups are no requests,
// see Find.
func (c Check) matches(k stats.Key) bool {
	switch {
	case c.All():
		return k.Method != stats.Group
	case c.Method == "":
		return k.Name == c.Name
	case c.Name == "":
		return k.Method == c.Method || k.Name == c.Method
	}
	return k.Method == c.Method && k.Name == c.Name
}
