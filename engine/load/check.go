package load

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode"
)

// mistakes are what is wrong with a scenario.
type mistakes []error

func (m *mistakes) add(format string, args ...any) { *m = append(*m, fmt.Errorf(format, args...)) }

// in returns all mistakes as an error that says in which scenario they are, nil when
// there are none.
func (m mistakes) in(scenario string) error {
	if scenario == "" {
		scenario = "without a name"
	}
	errs := make([]error, len(m))
	for i, err := range m {
		errs[i] = fmt.Errorf("scenario %s: %w", scenario, err)
	}
	return errors.Join(errs...)
}

// unjoin returns the errors that errors.Join made err of.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// maxWeight keeps sums of weights far from overflow.
const maxWeight = math.MaxInt32

// check notes what is wrong with the scenario, its tasks apart.
func (s Scenario[S]) check(wrong *mistakes) {
	if s.Name == "" {
		wrong.add("Name is empty")
	} else if strings.Contains(s.Name, ",") || strings.ContainsFunc(s.Name, unicode.IsControl) || strings.TrimSpace(s.Name) != s.Name || strings.HasPrefix(s.Name, "-") {
		wrong.add("Name %q: want no comma, no control character, no space around it and no dash in front", s.Name)
	}
	if _, err := ParseHost(s.Host); err != nil {
		wrong.add("Host: %w", err)
	}
	if s.Weight < 0 || s.Weight > maxWeight {
		wrong.add("Weight %d: want 0 to %d", s.Weight, maxWeight)
	}
	if s.Count < 0 {
		wrong.add("Count %d: want 0 or more", s.Count)
	}
	if s.Wait.err != nil {
		wrong.add("Wait: %w", s.Wait.err)
	}
	if s.Iterations < 0 {
		wrong.add("Iterations %d: want 0 or more", s.Iterations)
	}
	switch s.Protocol {
	case HTTP1, HTTP2:
	case NoHTTP:
		for _, field := range []struct {
			name  string
			given bool
		}{{"Host", s.Host != ""}, {"Before", s.Before != nil}, {"After", s.After != nil}} {
			if field.given {
				wrong.add("%s is given, but with NoHTTP there are no requests", field.name)
			}
		}
	default:
		wrong.add("Protocol %d is not known", s.Protocol)
	}
	checkParams(s.Params, wrong)
	checkFeeds(s.Feeds, wrong)
	if len(s.Tasks) == 0 {
		wrong.add("Tasks is empty: a user needs something to do")
	}
}

func checkParams(params []Parameter, wrong *mistakes) {
	seen := map[string]bool{}
	for i, p := range params {
		if p == nil {
			wrong.add("Params[%d] is nil", i)
			continue
		}
		name := p.Spec().Name
		if !paramName(name) {
			wrong.add("Params[%d]: name %q: want lower case letters, digits and dashes", i, name)
		}
		if seen[name] {
			wrong.add("Params[%d]: two parameters are named %s", i, name)
		}
		seen[name] = true
		p.check(fmt.Sprintf("Params[%d] %s", i, name), wrong)
	}
}

func paramName(s string) bool {
	if s == "" || s[0] == '-' {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func checkFeeds(feeds []Feeder, wrong *mistakes) {
	seen := map[string]bool{}
	for i, f := range feeds {
		if f == nil {
			wrong.add("Feeds[%d] is nil", i)
			continue
		}
		if reflect.TypeOf(f).Kind() == reflect.Pointer {
			wrong.add("Feeds[%d] is a pointer to a feed: list the feed itself", i)
			continue
		}
		if err := f.Check(); err != nil {
			for _, err := range unjoin(err) {
				wrong.add("Feeds[%d]: %w", i, err)
			}
		}
		name := f.Info().Name
		if seen[name] && name != "" {
			wrong.add("Feeds[%d]: two feeds are named %s", i, name)
		}
		seen[name] = true
	}
}
