package checks

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// MaxLength is how long the text of a check may be, in bytes.
const MaxLength = 1000

// Parse reads a check as people write it: requests, a metric, an operator and a bound.
//
//	GET /cart p95 < 300ms      the requests of a row
//	/cart avg <= 50            of all methods; times without a unit are milliseconds
//	fail% < 1                  all requests together
//
// Metrics are percentiles such as p95 or p99.9, and those in Metrics. A name may have
// spaces and operators in it: the last word before the last operator is the metric.
// The error says where the mistake is, counting characters from 1.
func Parse(text string) (Check, error) {
	if len(text) > MaxLength {
		return Check{}, fmt.Errorf("this is too long — at most %d characters", MaxLength)
	}
	if first, second, ok := twoChecks(text); ok {
		return Check{}, fmt.Errorf("these are two checks — write each as a check of its own: %q and %q", first, second)
	}
	return parse(text)
}

func parse(text string) (Check, error) {
	if strings.TrimSpace(text) == "" {
		return Check{}, errors.New("a check is missing — write for example GET /cart p95 < 300ms")
	}
	if strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
		return Check{}, errors.New("this has characters that are no text — write one check on a line")
	}
	before, op, after := cut(text)
	if op.text == "" {
		return Check{}, before.wrong(`%q compares nothing — write for example %s < 300ms`, before.text, sample(before.text))
	}
	var c Check
	var err error
	if c.Op, err = op.operator(); err != nil {
		return Check{}, err
	}
	for _, word := range strings.Fields(before.text) {
		if word == "&&" || word == "||" {
			return Check{}, before.wrong("%s joins two checks — write each as a check of its own", word)
		}
	}
	if near := elsewhere(before.text, op.text, after.text); near != "" {
		return Check{}, before.wrong("this is how k6 has it — write %s", near)
	}
	subject, metric := before.lastWord()
	if metric.text == "" {
		return Check{}, metric.wrong("a metric is missing before %s — %s", op.text, known)
	}
	if c.Metric, err = metric.metric(); err != nil {
		return Check{}, err
	}
	if n := len(subject.text); n > 1 && strings.ContainsRune("\"'`", rune(subject.text[0])) && subject.text[n-1] == subject.text[0] {
		return Check{}, subject.wrong("names need no quotes — write %s %s", subject.text[1:n-1], metric.text)
	}
	c.Method, c.Name = split(subject.text)
	if c.Bound, err = after.bound(c.Metric); err != nil {
		return Check{}, err
	}
	return c, nil
}

// between is what people write between two checks.
var between = regexp.MustCompile(`\s*[,;]\s*|\s+(?i:and|or)\s+`)

// twoChecks returns a text as two checks, if it is so many: what is before a comma, or its
// like, is one by itself.
func twoChecks(text string) (first, second string, ok bool) {
	for _, at := range between.FindAllStringIndex(text, -1) {
		_, op, _ := cut(text[at[1]:])
		if _, err := parse(text[:at[0]]); err == nil && op.text != "" {
			return strings.TrimSpace(text[:at[0]]), strings.TrimSpace(text[at[1]:]), true
		}
	}
	return "", "", false
}

var (
	k6Percentile = regexp.MustCompile(`^(?:http_req_duration(?:\{.*\})?\s*:?\s*)?p\((\d+(?:\.\d+)?)\)$`)
	k6Failed     = regexp.MustCompile(`^http_req_failed(?:\{.*\})?\s*:?\s*rate$`)
)

// elsewhere returns a threshold of k6 as a check, "" if it is none.
func elsewhere(before, op, after string) string {
	if m := k6Percentile.FindStringSubmatch(before); m != nil {
		if strings.Trim(after, "0123456789.") == "" {
			after += "ms"
		}
		return "p" + m[1] + " " + op + " " + after
	}
	if share, err := strconv.ParseFloat(after, 64); k6Failed.MatchString(before) && err == nil {
		return string(FailRate) + " " + op + " " + strconv.FormatFloat(100*share, 'f', -1, 64)
	}
	return ""
}

// ParseAll reads checks, one on a line, and reports every mistake with its line. The list
// is never nil.
func ParseAll(text string) ([]Check, error) {
	list := []Check{}
	var errs []error
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		c, err := Parse(strings.TrimRight(line, "\r"))
		if err != nil && strings.Contains(strings.TrimSpace(text), "\n") {
			err = fmt.Errorf("line %d: %w", i+1, err)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, c)
	}
	return list, errors.Join(errs...)
}

// A part is a piece of a text, without space around it.
type part struct {
	text string
	at   int // its first character, counted from 1
}

func (p part) wrong(format string, args ...any) error {
	return fmt.Errorf("character %d: %w", p.at, fmt.Errorf(format, args...))
}

// piece returns text from byte i to j.
func piece(text string, i, j int) part {
	space := len(text[i:j]) - len(strings.TrimLeftFunc(text[i:j], unicode.IsSpace))
	return part{strings.TrimSpace(text[i:j]), 1 + utf8.RuneCountInString(text[:i+space])}
}

// cut returns what is before, at and after the last operator. Without one, all is before.
func cut(text string) (before, op, after part) {
	operator := func(r rune) bool { return strings.ContainsRune("<>=!≤≥≠", r) }
	last := strings.LastIndexFunc(text, operator)
	if last < 0 {
		return piece(text, 0, len(text)), part{}, part{}
	}
	first := strings.LastIndexFunc(text[:last], func(r rune) bool { return !operator(r) })
	if first >= 0 {
		_, n := utf8.DecodeRuneInString(text[first:])
		first += n
	}
	first = max(0, first)
	_, n := utf8.DecodeRuneInString(text[last:])
	return piece(text, 0, first), piece(text, first, last+n), piece(text, last+n, len(text))
}

// lastWord splits the last word off. What it is split from has no space at its end.
func (p part) lastWord() (rest, word part) {
	text := p.text
	end := strings.TrimRight(text, "%")
	if end != text {
		text = strings.TrimRightFunc(end, unicode.IsSpace) // "fail %"
	}
	space := strings.LastIndexFunc(text, unicode.IsSpace)
	if space < 0 {
		return part{}, p
	}
	_, n := utf8.DecodeRuneInString(text[space:])
	word = part{p.text[space+n:], p.at + utf8.RuneCountInString(p.text[:space+n])}
	return part{strings.TrimSpace(p.text[:space]), p.at}, word
}

// split returns the method and the name of a subject: a first word in capitals is a
// method.
func split(subject string) (method, name string) {
	first, rest, _ := strings.Cut(subject, " ")
	capitals := strings.IndexFunc(first, func(r rune) bool { return !(r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') }) < 0
	if !capitals || first == "" || first[0] < 'A' {
		return "", subject
	}
	return first, strings.TrimSpace(rest)
}

// sample returns text as the beginning of a check.
func sample(text string) string {
	if _, word := (part{text, 1}).lastWord(); word.text != "" {
		if m, err := word.metric(); err == nil && m.Timed() {
			return text
		}
	}
	return text + " p95"
}

func (p part) operator() (Op, error) {
	switch p.text {
	case "≤":
		return AtMost, nil
	case "≥":
		return AtLeast, nil
	case "≠", "<>":
		return Unequal, nil
	case "=":
		return "", p.wrong("= is no operator — write ==")
	case "=<":
		return "", p.wrong("=< is no operator — write <=")
	case "=>":
		return "", p.wrong("=> is no operator — write >=")
	}
	if slices.Contains(strings.Fields(allOperators), p.text) {
		return Op(p.text), nil
	}
	return "", p.wrong("%q is no operator — the operators are: %s", p.text, allOperators)
}

// aliases are other words for metrics.
var aliases = map[string]Metric{
	"average": Avg, "mean": Avg, "minimum": Min, "maximum": Max, "median": "p50", "med": "p50",
	"fails%": FailRate, "failed%": FailRate, "failure%": FailRate, "failures%": FailRate, "error%": FailRate, "errors%": FailRate,
	"failures": Fails, "failed": Fails, "errors": Fails,
	"failures/s": FailsPS, "errors/s": FailsPS, "fail/s": FailsPS,
	"reqs": Requests, "count": Requests, "requests/s": RPS, "req/s": RPS, "reqs/s": RPS,
}

var known = "the metrics are: p50, p95, p99.9 and so on, " + joined()

func joined() string {
	words := make([]string, len(Metrics))
	for i, m := range Metrics {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}

func (p part) metric() (Metric, error) {
	word := strings.Join(strings.Fields(strings.ToLower(p.text)), "")
	if slices.Contains(Metrics, Metric(word)) {
		return Metric(word), nil
	}
	if m, ok := aliases[word]; ok {
		return m, nil
	}
	if m := k6Percentile.FindStringSubmatch(word); m != nil {
		return "", p.wrong("%q is how k6 has it — write p%s", p.text, m[1])
	}
	digits, first := strings.CutPrefix(word, "p")
	digits, last := strings.CutSuffix(digits, "%")
	if number, err := strconv.ParseFloat(digits, 64); err == nil && first != last {
		if !(number > 0 && number <= 100) {
			return "", p.wrong("%q is no percentile — write p and a number above 0 and up to 100, for example p99.9", p.text)
		}
		return Metric("p" + strconv.FormatFloat(number, 'f', -1, 64)), nil
	}
	if len(word) > 1 && word[0] == 'p' && word[1] >= '0' && word[1] <= '9' {
		return "", p.wrong("%q is no percentile — write for example p95 or p99.9", p.text)
	}
	if near := nearest(word); near != "" {
		return "", p.wrong("%q is no metric — did you mean %s?", p.text, near)
	}
	return "", p.wrong("%q is no metric — %s", p.text, known)
}

// nearest returns the metric that a word is most like, "" when none is close.
func nearest(word string) Metric {
	best, found := 0.5, Metric("") // share of the letters that are wrong
	try := func(candidate string, m Metric) {
		d := levenshtein.ComputeDistance(word, candidate)
		if share := float64(d) / float64(len(candidate)); d <= 2 && share < best {
			best, found = share, m
		}
	}
	for _, m := range Metrics {
		try(string(m), m)
	}
	for _, a := range []string{"average", "mean", "median", "errors", "failures", "requests/s", "req/s"} {
		try(a, aliases[a])
	}
	return found
}

// units are what times may be written in, in milliseconds. The longer come first.
var units = []struct {
	name string
	ms   float64
}{{"ms", 1}, {"us", 1e-3}, {"µs", 1e-3}, {"μs", 1e-3}, {"s", 1e3}, {"", 1}}

// bound reads a value of m.
func (p part) bound(m Metric) (float64, error) {
	if p.text == "" {
		return 0, p.wrong("a bound is missing — write for example %s", example(m))
	}
	number := p.text
	if i := strings.LastIndexFunc(p.text, func(r rune) bool { return unicode.IsDigit(r) || r == '.' }); i >= 0 {
		number = p.text[:i+1]
	}
	unit := strings.ToLower(strings.TrimSpace(p.text[len(number):]))
	factor, ok := 1.0, false
	switch {
	case m.Timed():
		for _, u := range units {
			if unit == u.name {
				factor, ok = u.ms, true
			}
		}
	case m == FailRate:
		ok = unit == "" || unit == "%"
	case m == RPS || m == FailsPS:
		ok = unit == "" || unit == "/s"
	default:
		ok = unit == ""
	}
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, p.wrong("%q is not a number — write for example %s", p.text, example(m))
	case !ok && m.Timed():
		return 0, p.wrong("%q is no unit of time — write ms, s or us, for example %s", unit, example(m))
	case !ok:
		return 0, p.wrong("%q is no unit of %s — write for example %s", unit, m, example(m))
	}
	x *= factor
	switch {
	case !(x >= 0):
		return 0, p.wrong("%s is out of range — at least 0", p.text)
	case m == FailRate && x > 100:
		return 0, p.wrong("%s is out of range — from 0 to 100 percent", p.text)
	case x > 1e12:
		return 0, p.wrong("%s is out of range — write for example %s", p.text, example(m))
	}
	return math.Round(x*1e6) / 1e6, nil
}

func example(m Metric) string {
	switch {
	case m.Timed():
		return "300ms"
	case m == FailRate:
		return "1%"
	}
	return "500"
}
