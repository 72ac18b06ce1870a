package load

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Stages are a load that goes from level to level. Each stage begins at the level the
// one before it ended at, the first at 0.
type Stages []Stage

// A Stage goes to a target within a time.
type Stage struct {
	Duration time.Duration // 0 or more; a stage of 0 jumps
	Target   float64       // users, or arrivals per second; 0 or more
	Step     bool          // jump to the target at once and stay there, instead of going evenly
}

// The bounds of stages. Beyond them lies a mistyped number.
const (
	MaxStages = 100                       // how many there may be
	maxTarget = 1_000_000                 // users, or arrivals per second
	maxLength = 10 * 365 * 24 * time.Hour // of all together
)

// Check reports what is wrong with s: too many stages or none, a target or duration
// out of range, or no length.
func (s Stages) Check() error {
	if len(s) == 0 {
		return errors.New("there is no stage")
	}
	if len(s) > MaxStages {
		return fmt.Errorf("%d stages are too many — at most %d", len(s), MaxStages)
	}
	for i, stage := range s {
		if err := stage.check(); err != nil {
			return fmt.Errorf("stage %d: %w", i+1, err)
		}
	}
	switch length := s.Length(); {
	case length == 0:
		return errors.New("the stages take no time — give one a duration")
	case length > maxLength:
		return errors.New("the stages take too long — at most ten years together")
	}
	return nil
}

func (s Stage) check() error {
	switch {
	case s.Duration < 0:
		return fmt.Errorf("a duration of %s is less than 0", s.Duration)
	case s.Duration > maxLength:
		return fmt.Errorf("a duration of %s is too long — at most ten years", s.Duration)
	case !(s.Target >= 0): // or no number
		return fmt.Errorf("a target of %v — write 0 or more", s.Target)
	case s.Target > maxTarget:
		return fmt.Errorf("a target of %v is too high — at most %d", s.Target, maxTarget)
	}
	return nil
}

// Level returns the load at t, beginning at 0.
func (s Stages) Level(t time.Duration) (load float64, on bool) { return s.From(0).Level(t) }

// From returns the same stages beginning at another load than 0. At the moment a stage
// ends the next has begun. When the last ends the run is over.
func (s Stages) From(load float64) Shape {
	return ShapeFunc(func(t time.Duration) (float64, bool) {
		t, from := max(0, t), load
		for _, stage := range s {
			if t < stage.Duration {
				return stage.level(from, t), true
			}
			t -= max(0, stage.Duration)
			from = stage.Target
		}
		return 0, false
	})
}

// level returns the load at t of a stage that begins at from.
func (s Stage) level(from float64, t time.Duration) float64 {
	if s.Step {
		return s.Target
	}
	return from + (s.Target-from)*(float64(t)/float64(s.Duration))
}

// Length returns how long all stages take.
func (s Stages) Length() time.Duration {
	var sum time.Duration
	for _, stage := range s {
		sum += min(max(0, stage.Duration), math.MaxInt64-sum)
	}
	return sum
}

// Peak returns the highest target, 0 without stages.
func (s Stages) Peak() float64 {
	peak := 0.0
	for _, stage := range s {
		peak = max(peak, stage.Target)
	}
	return peak
}

// After returns what is left of the stages at t: the stage that is on with the rest of
// its time, and those that follow. Beginning at the load at t, they go on as s does.
func (s Stages) After(t time.Duration) Stages {
	t = max(0, t)
	for i, stage := range s {
		if t < stage.Duration || t == 0 {
			rest := slices.Clone(s[i:])
			rest[0].Duration -= t
			return rest
		}
		t -= max(0, stage.Duration)
	}
	return nil
}
