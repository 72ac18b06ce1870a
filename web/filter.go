package web

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A filter picks rows: those with all of its words and for which all of its conditions
// hold. The zero filter picks all.
type filter struct {
	words      []string // in lower case
	conditions []condition
}

// A condition is what must hold of a row, such as p95>300ms.
type condition func(*entry) bool

// matches tells whether f picks a row.
func (f filter) matches(e *entry) bool {
	if len(f.words) > 0 {
		text := strings.ToLower(e.Method + " " + e.Name)
		for _, w := range f.words {
			if !strings.Contains(text, w) {
				return false
			}
		}
	}
	for _, holds := range f.conditions {
		if !holds(e) {
			return false
		}
	}
	return true
}

// all tells whether f picks every row.
func (f filter) all() bool { return f.words == nil && f.conditions == nil }

// operators are those of conditions; one that begins another one comes after it.
var operators = []string{">=", "<=", "!=", ">", "<", "=", "~"}

// parseFilter reads what a reader types into the search box: words, which the method or
// name must have, and conditions. A problem names the part that is not understood and
// the way out.
func parseFilter(text string) (f filter, problem string) {
	rest := strings.TrimSpace(text)
	for rest != "" {
		subject := identifier(rest)
		after := strings.TrimLeftFunc(rest[len(subject):], unicode.IsSpace)
		op := operatorOf(after)
		if subject == "" && op != "" {
			return filter{}, quoted(upToSpace(rest)) + " lacks what it is about — write for example fail>0, or “" + op + "” in quotes to search for it"
		}
		if subject == "" || op == "" || len(after) < len(rest)-len(subject) && subjectOf(subject) == "" {
			var word string
			word, rest, problem = value(rest)
			if problem != "" {
				return filter{}, problem
			}
			if word != "" {
				f.words = append(f.words, strings.ToLower(word))
			}
			rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
			continue
		}
		part := subject + op
		right := strings.TrimLeftFunc(after[len(op):], unicode.IsSpace)
		if operatorOf(right) != "" {
			return filter{}, quoted(part+upToSpace(right)) + " is no comparison — those there are: " + strings.Join(operators, " ")
		}
		var operand string
		operand, rest, problem = value(right)
		if problem != "" {
			return filter{}, problem
		}
		c, problem := newCondition(subject, op, operand)
		if problem != "" {
			return filter{}, quoted(part+operand) + " " + problem
		}
		f.conditions = append(f.conditions, c)
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	}
	return f, ""
}

// identifier returns the name at the start of text that a condition can be about.
func identifier(text string) string {
	n := strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '%')
	})
	if n < 0 {
		n = len(text)
	}
	return text[:n]
}

func operatorOf(text string) string {
	for _, op := range operators {
		if strings.HasPrefix(text, op) {
			return op
		}
	}
	return ""
}

// value reads a word, or several in quotes, from the start of text.
func value(text string) (word, rest, problem string) {
	if strings.HasPrefix(text, `"`) {
		word, rest, closed := strings.Cut(text[1:], `"`)
		if !closed {
			return "", "", quoted(text) + ` lacks the quote at its end — write for example "two words"`
		}
		return word, rest, ""
	}
	word = upToSpace(text)
	return word, text[len(word):], ""
}

func upToSpace(text string) string {
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		return text[:i]
	}
	return text
}

// quoted is a part of what was typed, in a message.
func quoted(part string) string { return "“" + clip(line(part), 40) + "”" }

// aliases are other names of columns, as readers call them.
var aliases = map[string]string{
	"type": "method", "fail": "fails", "failures": "fails", "fail%": "share", "fails%": "share", "failures%": "share",
	"request": "requests", "code": "status", "statuses": "status", "reqs": "requests", "average": "avg", "mean": "avg", "bytes": "size",
}

// subjectOf returns the column that a condition's name stands for, "" for none.
func subjectOf(name string) string {
	id := strings.ToLower(name)
	if a, ok := aliases[id]; ok {
		id = a
	}
	if c, ok := columnOf(id); ok && (c.value != nil || c.text) {
		return id
	}
	return ""
}

// newCondition makes the condition of a name, an operator and a value. A problem
// continues a sentence that begins with the three.
func newCondition(name, op, operand string) (condition, string) {
	id := subjectOf(name)
	switch c, _ := columnOf(id); {
	case id == "":
		return nil, "is about nothing there is — filter by fail, fail%, requests, rps, avg, p95 and the like, status, method or name; quotes make it words to search for"
	case id == "status":
		return statusCondition(op, operand)
	case c.text:
		return textCondition(id, op, operand)
	default:
		return numberCondition(c, op, operand)
	}
}

func textCondition(id, op, operand string) (condition, string) {
	of := func(e *entry) string { return strings.ToLower(e.Name) }
	if id == "method" {
		of = func(e *entry) string { return strings.ToLower(e.Method) }
	}
	operand = strings.ToLower(operand)
	switch {
	case operand == "":
		return nil, "lacks a text — write for example method=GET or name~cart"
	case op == "=":
		return func(e *entry) bool { return of(e) == operand }, ""
	case op == "!=":
		return func(e *entry) bool { return of(e) != operand }, ""
	case op == "~":
		return func(e *entry) bool { return strings.Contains(of(e), operand) }, ""
	default:
		return nil, "compares a text — write " + id + "=, " + id + "!= or " + id + "~"
	}
}

func numberCondition(c column, op, operand string) (condition, string) {
	if op == "~" {
		return nil, "looks for a text in a number — compare with =, !=, >, >=, < or <="
	}
	limit, ok := c.measure.parse(operand)
	if !ok {
		return nil, "lacks a number — write for example " + c.measure.example()
	}
	return func(e *entry) bool {
		v := c.value(e)
		return !math.IsNaN(v) && holds(op, cmp.Compare(v, limit))
	}, ""
}

// holds tells whether an operator accepts the order of its sides.
func holds(op string, order int) bool {
	switch op {
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case "=":
		return order == 0
	default:
		return order != 0
	}
}

// A measure is what a number is in.
type measure int

const (
	amounts   measure = iota // plain numbers
	durations                // milliseconds unless they say otherwise
	shares                   // percent
	sizes                    // bytes unless they say otherwise
)

// units are how much one of each is in what columns are sorted by, by measure.
var units = [...]map[string]float64{
	amounts:   {"": 1, "/s": 1, "k": 1e3},
	durations: {"": float64(time.Millisecond), "ms": float64(time.Millisecond), "us": float64(time.Microsecond), "µs": float64(time.Microsecond), "s": float64(time.Second), "m": float64(time.Minute)},
	shares:    {"": 0.01, "%": 0.01},
	sizes:     {"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "kib": 1 << 10, "mib": 1 << 20},
}

func (m measure) example() string {
	return [...]string{"requests>100 or rps<5", "p95>300ms", "fail%>=1", "size>10kB"}[m]
}

// parse reads a number with or without its unit.
func (m measure) parse(text string) (float64, bool) {
	n := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if n < 0 {
		n = len(text)
	}
	x, err := strconv.ParseFloat(text[:n], 64)
	factor, ok := units[m][strings.ToLower(text[n:])]
	if err != nil || !ok || math.IsInf(x, 0) {
		return 0, false
	}
	// The nearest number that is meant: 0.3 s is 300 ms, whatever binary fractions say.
	exact, err := strconv.ParseFloat(fmt.Sprintf("%.12g", x*factor), 64)
	return exact, err == nil
}
