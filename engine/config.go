package engine

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
)

// A Model is what a run's load is told in.
type Model string

// The models.
const (
	// Closed keeps a number of users busy: a slow target is asked less often. It is
	// the zero Model too.
	Closed Model = "users"
	// Open starts iterations at a rate, whatever the target does, on users that
	// come and go by themselves.
	Open Model = "arrivals"
)

// A Config is what a run is asked for.
//
// How much load there is, is said in one of three ways: by Users or Rate, by Stages
// or by Shape. Stages and Shape count users in the closed model and arrivals per
// second in the open one, and the run is over when they are.
type Config struct {
	Model     Model
	Users     int         // closed: users at the peak, 1 to MaxUsers
	SpawnRate float64     // closed, with Users: users started per second; more than 0, at most MaxSpawnRate
	Rate      float64     // open: arrivals per second; more than 0, at most MaxRate
	UserCap   int         // open: users that there may be at once, 1 to MaxUsers; 0 means DefaultUserCap
	Poisson   bool        // open: arrive at random, independently, instead of evenly
	Stages    load.Stages // none means Users or Rate
	Shape     string      // name of one of the suite's shapes; "" means none

	Host        string         // instead of the scenarios' own hosts; "" leaves those
	RunTime     time.Duration  // after which the run stops; 0 means never
	Endless     bool           // of a change: without RunTime from now on
	Iterations  int64          // after which the run stops: tasks of all users together; 0 means no limit
	StopTimeout time.Duration  // how long tasks may go on after a stop
	Scenarios   []string       // names; none means all
	Weights     map[string]int // of scenarios, 1 to MaxWeight, instead of their own; an exact count has none
	Tags        []string       // only tasks with one of these; none means all
	ExcludeTags []string       // no task with one of these
	Off         []string       // tasks that are switched off, with their scenario: "shop/forum/read"
	Insecure    bool           // accept any TLS certificate
	Params      map[string]string
	Checks      []checks.Check // what the run is held to; none means nothing
	CheckStop   time.Duration  // after a check has been broken for so long the run stops; 0 means never
	CheckWarmup time.Duration  // how long from the start no breach counts, nor what there was of it in the verdict on the run
	ResetStats  bool           // closed, with Users: begin the numbers anew once all users have started
	Seed        uint64         // of all random choices; 0 picks one, which the Status tells
	Force       bool           // start although users of an earlier run have never ended
}

// The bounds of a Config. Beyond them lies a mistyped number.
const (
	MaxUsers     = 1_000_000
	MaxSpawnRate = 100_000
	MaxRate      = 1_000_000
	MaxRunTime   = 10 * 365 * 24 * time.Hour

	DefaultUserCap = 20_000
)

// Peak returns what c asks for at its peak, as far as that is known beforehand: users, or arrivals per second.
func (c Config) Peak() float64 {
	switch {
	case len(c.Stages) > 0:
		return c.Stages.Peak()
	case c.Model == Open:
		return c.Rate
	}
	return float64(c.Users)
}

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
	FieldModel       Field = "model"
	FieldRate        Field = "arrivals per second"
	FieldUserCap     Field = "user cap"
	FieldStages      Field = "stages"
	FieldShape       Field = "shape"
	FieldIterations  Field = "iterations"
	FieldSeed        Field = "seed"
	FieldInsecure    Field = "insecure"
	FieldWeights     Field = "weights"
	FieldOff         Field = "tasks off"
	FieldChecks      Field = "checks"
	FieldCheckStop   Field = "check stop"
	FieldCheckWarmup Field = "check warm-up"
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
