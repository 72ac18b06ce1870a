package engine

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// A Config is what a run is asked for.
type Config struct {
	Users       int           // users at the peak; 1 to MaxUsers
	SpawnRate   float64       // users started per second; more than 0, at most MaxSpawnRate
	Host        string        // instead of the scenarios' own hosts; "" leaves those
	RunTime     time.Duration // after which the run stops; 0 means never
	StopTimeout time.Duration // how long tasks may go on after a stop
	Scenarios   []string      // names; none means all
	Tags        []string      // only tasks with one of these; none means all
	ExcludeTags []string      // no task with one of these
	Insecure    bool          // accept any TLS certificate
	Params      map[string]string
}

// The bounds of a Config. Beyond them lies a mistyped number.
const (
	MaxUsers     = 1_000_000
	MaxSpawnRate = 100_000
	MaxRunTime   = 10 * 365 * 24 * time.Hour
)

// WithoutUser returns a host without the user and password in it: fit to be shown.
func WithoutUser(host string) string {
	u, err := url.Parse(host)
	if err != nil || u.User == nil {
		return host
	}
	u.User = nil
	return u.String()
}

// A Field names a part of a Config in errors.
type Field string

// The fields of a Config. A parameter's field is its name.
const (
	FieldUsers       Field = "users"
	FieldSpawnRate   Field = "spawn rate"
	FieldHost        Field = "host"
	FieldRunTime     Field = "run time"
	FieldStopTimeout Field = "stop timeout"
	FieldScenarios   Field = "scenarios"
	FieldTags        Field = "tags"
	FieldExcludeTags Field = "exclude tags"
)

// A FieldError says what is wrong with one field of a Config, and the way out.
type FieldError struct {
	Field   Field
	Message string
}

func (e *FieldError) Error() string { return string(e.Field) + ": " + e.Message }

func wrong(f Field, format string, args ...any) error {
	return &FieldError{f, fmt.Sprintf(format, args...)}
}

// FieldErrors returns all FieldErrors within err.
func FieldErrors(err error) []*FieldError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*FieldError
		for _, e := range joined.Unwrap() {
			all = append(all, FieldErrors(e)...)
		}
		return all
	}
	if fe, ok := errors.AsType[*FieldError](err); ok {
		return []*FieldError{fe}
	}
	return nil
}

// ParseUsers reads a number of users written by a person.
func ParseUsers(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return 0, wrong(FieldUsers, "%s is out of range — at most %d", text, MaxUsers)
		}
		return 0, wrong(FieldUsers, "%q is not a whole number — write for example 20", text)
	}
	return n, checkUsers(n)
}

func checkUsers(n int) error {
	if n < 1 {
		return wrong(FieldUsers, "%d is too few — at least 1", n)
	}
	if n > MaxUsers {
		return wrong(FieldUsers, "%d is too many — at most %d", n, MaxUsers)
	}
	return nil
}

// ParseSpawnRate reads users per second written by a person.
func ParseSpawnRate(text string) (float64, error) {
	r, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, wrong(FieldSpawnRate, "%q is not a number — write for example 20 or 0.5", text)
	}
	return r, checkSpawnRate(r)
}

func checkSpawnRate(r float64) error {
	if !(r > 0) {
		return wrong(FieldSpawnRate, "%v users a second start nobody — write more than 0, for example 0.5", r)
	}
	if r > MaxSpawnRate {
		return wrong(FieldSpawnRate, "%v is too fast — at most %d a second", r, MaxSpawnRate)
	}
	if r < 1e-6 {
		return wrong(FieldSpawnRate, "%v is too slow — at least 0.000001", r)
	}
	return nil
}

var runTimeForm = regexp.MustCompile(`^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$`)

// ParseRunTime reads a time span as Locust writes it: 20, 20s, 3m, 2h, 1h20m,
// 3h30m10s. Empty means none.
func ParseRunTime(text string) (time.Duration, error) { return parseSpan(FieldRunTime, text) }

// ParseStopTimeout reads a time span in the same form.
func ParseStopTimeout(text string) (time.Duration, error) { return parseSpan(FieldStopTimeout, text) }

func parseSpan(f Field, text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	m := runTimeForm.FindStringSubmatch(text)
	if m == nil {
		return 0, wrong(f, "%q is not a time — write for example 20, 20s, 3m, 2h, 1h20m or 3h30m10s", text)
	}
	var total float64
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if m[i+1] != "" {
			n, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil {
				return 0, wrong(f, "%q is out of range", text)
			}
			total += n * float64(unit)
		}
	}
	if total > float64(MaxRunTime) {
		return 0, wrong(f, "%s is too long — at most ten years", text)
	}
	return time.Duration(total), nil
}

// FormatRunTime writes a time span in the form that ParseRunTime reads; "" for 0.
func FormatRunTime(d time.Duration) string {
	if d < time.Second {
		return ""
	}
	s := d.Truncate(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Nearest returns the candidate most like word, or "" when none is close.
func Nearest(word string, candidates []string) string {
	best, found := len(word)/2+1, ""
	for _, c := range candidates {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c))
		if d < best || d == best && found == "" && d <= 2 {
			best, found = d, c
		}
	}
	return found
}

// A prepared is a Config checked against the plans: what a run starts from.
type prepared struct {
	cfg     Config
	casts   []cast
	classes []dispatch.Class
}

// A cast is one scenario of a run with its share of the settings.
type cast struct {
	plan   *load.Plan
	base   load.Base
	tasks  []load.PlannedTask // after the tags
	picker picker
	params map[string]any
}

// prepare checks c and reports every mistake at once.
func (c Config) prepare(plans []*load.Plan) (*prepared, error) {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	note(checkUsers(c.Users))
	note(checkSpawnRate(c.SpawnRate))
	if c.RunTime < 0 || c.RunTime > MaxRunTime {
		note(wrong(FieldRunTime, "%s is out of range — from 0 (no limit) to ten years", c.RunTime))
	}
	if c.StopTimeout < 0 || c.StopTimeout > MaxRunTime {
		note(wrong(FieldStopTimeout, "%s is out of range — from 0 to ten years", c.StopTimeout))
	}
	override, err := load.ParseHost(c.Host)
	if err != nil {
		note(wrong(FieldHost, "%v", err))
	}
	picked, err := pick(plans, c.Scenarios)
	note(err)
	params, err := parseParams(picked, c.Params)
	note(err)
	p := &prepared{cfg: c}
	for _, plan := range picked {
		tasks := withTags(plan.Tasks, c.Tags, c.ExcludeTags)
		if len(tasks) == 0 {
			continue
		}
		base := override
		if c.Host == "" {
			base, _ = load.ParseHost(plan.Host) // checked by Plan
			if base.Origin == "" {
				note(wrong(FieldHost, "scenario %s has no host of its own — give one, for example http://127.0.0.1:8080", plan.Name))
			}
		}
		p.casts = append(p.casts, cast{plan, base, tasks, newPicker(tasks), params})
		p.classes = append(p.classes, dispatch.Class{Weight: plan.Weight, Count: plan.Count})
	}
	if len(picked) > 0 && len(p.casts) == 0 {
		f := FieldTags
		if len(c.Tags) == 0 {
			f = FieldExcludeTags
		}
		note(wrong(f, "no task is left — the tags are: %s", strings.Join(tagsOf(picked), ", ")))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

// pick returns the plans named, all when names is empty, in the order of plans.
func pick(plans []*load.Plan, names []string) ([]*load.Plan, error) {
	if len(names) == 0 {
		return plans, nil
	}
	var errs []error
	var picked []*load.Plan
	all := make([]string, len(plans))
	for i, p := range plans {
		all[i] = p.Name
		if slices.Contains(names, p.Name) {
			picked = append(picked, p)
		}
	}
	for _, name := range names {
		if slices.Contains(all, name) {
			continue
		}
		hint := "the scenarios are: " + strings.Join(all, ", ")
		if near := Nearest(name, all); near != "" {
			hint = "did you mean " + near + "?"
		}
		errs = append(errs, wrong(FieldScenarios, "there is no scenario %q — %s", name, hint))
	}
	return picked, errors.Join(errs...)
}

// withTags returns the tasks that have one of the tags, if any are given, and none
// of the excluded.
func withTags(tasks []load.PlannedTask, tags, exclude []string) []load.PlannedTask {
	if len(tags) == 0 && len(exclude) == 0 {
		return tasks
	}
	has := func(t load.PlannedTask, any []string) bool {
		return slices.ContainsFunc(t.Tags, func(tag string) bool { return slices.Contains(any, tag) })
	}
	var kept []load.PlannedTask
	for _, t := range tasks {
		if (len(tags) == 0 || has(t, tags)) && !has(t, exclude) {
			kept = append(kept, t)
		}
	}
	return kept
}

func tagsOf(plans []*load.Plan) []string {
	set := map[string]bool{}
	for _, p := range plans {
		for _, t := range p.Tasks {
			for _, tag := range t.Tags {
				set[tag] = true
			}
		}
	}
	if len(set) == 0 {
		return []string{"none"}
	}
	return slices.Sorted(maps.Keys(set))
}

// parseParams returns the values of the plans' parameters that were given.
func parseParams(plans []*load.Plan, given map[string]string) (map[string]any, error) {
	known := map[string]load.Parameter{}
	for _, plan := range plans {
		for _, p := range plan.Params {
			known[p.Spec().Name] = p
		}
	}
	var errs []error
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, ok := known[name]
		if !ok {
			continue // of a scenario that is not picked
		}
		v, err := p.Parse(given[name])
		if err != nil {
			errs = append(errs, wrong(Field(name), "%v", err))
			continue
		}
		values[name] = v
	}
	return values, errors.Join(errs...)
}
