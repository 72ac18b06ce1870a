package engine

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
)

// ParseUsers reads a number of users written by a person.
func ParseUsers(text string) (int, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text)
	if err != nil {
		if text == "" {
			return 0, wrong(FieldUsers, "no whole number yet — write for example 20")
		}
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

func parseWhole(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // the largest, or the least, which is for the bounds to say
	}
	return n, err
}

// ParseSpawnRate reads users per second written by a person.
func ParseSpawnRate(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, wrong(FieldSpawnRate, "not a number yet — write for example 20 or 0.5")
	}
	r, err := strconv.ParseFloat(text, 64)
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

// ParseChecks reads checks, one on a line; empty means none. Every mistake is reported.
func ParseChecks(text string) ([]checks.Check, error) {
	list, err := checks.ParseAll(text)
	if err != nil {
		return nil, wrong(FieldChecks, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return list, nil
}

// ParseCheckStop reads after how long in breach of a check a run stops, in the form of
// ParseRunTime; empty means never.
func ParseCheckStop(text string) (time.Duration, error) { return parseSpan(FieldCheckStop, text) }

// ParseCheckWarmup reads how long no breach counts, in the same form.
func ParseCheckWarmup(text string) (time.Duration, error) { return parseSpan(FieldCheckWarmup, text) }

// ParseStopTimeout reads a time span in the same form.
func ParseStopTimeout(text string) (time.Duration, error) { return parseSpan(FieldStopTimeout, text) }

func parseSpan(f Field, text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	m := runTimeForm.FindStringSubmatch(text)
	if m == nil {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return 0, wrong(f, "%q is not a time — write for example 20, 20s, 1.5s, 3m, 2h, 1h20m or 3h30m10s", text)
		}
		return d, checkSpan(f, text, float64(d))
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
	if err := checkSpan(f, text, total); err != nil {
		return 0, err
	}
	return time.Duration(total), nil
}

func checkSpan(f Field, text string, span float64) error {
	if span > float64(MaxRunTime) {
		return wrong(f, "%s is too long — at most ten years", text)
	}
	return nil
}

// FormatRunTime writes a time span in the form that ParseRunTime reads; "" for 0.
func FormatRunTime(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ParseModel reads "users" or "arrivals"; empty means users.
func ParseModel(text string) (Model, error) {
	switch m := Model(strings.ToLower(strings.TrimSpace(text))); m {
	case "", Closed:
		return Closed, nil
	case Open:
		return Open, nil
	}
	return Closed, wrong(FieldModel, "%q is not known — write %s or %s", text, Closed, Open)
}

// ParseRate reads arrivals per second written by a person.
func ParseRate(text string) (float64, error) {
	r, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, wrong(FieldRate, "%q is not a number — write for example 200 or 0.5", text)
	}
	return r, checkRate(r)
}

func checkRate(r float64) error {
	if !(r > 0) {
		return wrong(FieldRate, "%v start nothing — write more than 0, for example 0.5", r)
	}
	if r > MaxRate {
		return wrong(FieldRate, "%v are too many — at most %d a second", r, MaxRate)
	}
	if r < 1e-6 {
		return wrong(FieldRate, "%v are too few — at least 0.000001", r)
	}
	return nil
}

// ParseUserCap reads how many users the open model may have at once; empty means
// DefaultUserCap.
func ParseUserCap(text string) (int, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, wrong(FieldUserCap, "%q is not a whole number — write for example %d", text, DefaultUserCap)
	}
	return n, checkUserCap(n)
}

func checkUserCap(n int) error {
	if n < 0 || n > MaxUsers {
		return wrong(FieldUserCap, "%d is out of range — from 1 to %d, or 0 for %d", n, MaxUsers, DefaultUserCap)
	}
	return nil
}

// ParseStages reads stages written by a person; empty means none.
func ParseStages(text string) (load.Stages, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	stages, err := load.ParseStages(text)
	if err == nil {
		err = stages.Check()
	}
	if err != nil {
		return nil, wrong(FieldStages, "%v", err)
	}
	return stages, nil
}

// ParseIterations reads a number of tasks; empty means no limit.
func ParseIterations(text string) (int64, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, wrong(FieldIterations, "%q is not a whole number — write for example 1000", text)
	}
	return n, checkIterations(n)
}

func checkIterations(n int64) error {
	if n < 0 {
		return wrong(FieldIterations, "%d is too few — at least 1, or 0 for no limit", n)
	}
	return nil
}

// ParseSeed reads the seed of random choices; empty means any.
func ParseSeed(text string) (uint64, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, wrong(FieldSeed, "%q is not a whole number from 0 to %d", text, uint64(math.MaxUint64))
	}
	return n, nil
}
