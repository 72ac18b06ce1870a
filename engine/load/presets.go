package load

import "time"

// A Preset is a form of load that has a name among testers.
type Preset struct {
	Name   string
	Help   string                                        // one line on what it is good for
	Hold   time.Duration                                 // of the peak, or of the climb, when nothing is said
	Stages func(peak float64, hold time.Duration) Stages // hold is more than 0
}

// Presets are what ParseStages knows by name.
var Presets = []Preset{
	{"average", "an ordinary day: up to the peak, a while there, and down", 30 * time.Minute, Average},
	{"stress", "a busy day: slowly up to more than is usual, a while there, and down", 30 * time.Minute, Stress},
	{"spike", "a sudden rush out of a tenth of the peak, and back: does the target recover?", time.Minute, func(peak float64, hold time.Duration) Stages {
		return Spike(peak/10, peak, hold)
	}},
	{"soak", "an ordinary load for very long: do memory, disks and connections last?", 8 * time.Hour, Soak},
	{"breakpoint", "up in ten steps, far beyond what the target bears: where does it break?", 20 * time.Minute, Breakpoint},
}

// Average goes up to peak within a sixth of hold, stays for hold and comes down within
// another sixth.
func Average(peak float64, hold time.Duration) Stages {
	return Stages{{Duration: hold / 6, Target: peak}, {Duration: hold, Target: peak}, {Duration: hold / 6}}
}

// Stress goes up to peak within a third of hold, stays for hold and comes down within a
// sixth.
func Stress(peak float64, hold time.Duration) Stages {
	return Stages{{Duration: hold / 3, Target: peak}, {Duration: hold, Target: peak}, {Duration: hold / 6}}
}

// Spike stays at base for hold, goes up to peak within a sixth of that, stays there for
// hold, and returns in the same way to base, where it stays for hold again.
func Spike(base, peak float64, hold time.Duration) Stages {
	return Stages{
		{Duration: hold, Target: base, Step: true},
		{Duration: hold / 6, Target: peak}, {Duration: hold, Target: peak},
		{Duration: hold / 6, Target: base}, {Duration: hold, Target: base},
	}
}

// Soak goes up to peak within five minutes, or a sixth of hold when that is shorter,
// stays for hold and comes down as it went up.
func Soak(peak float64, hold time.Duration) Stages {
	ramp := min(5*time.Minute, hold/6)
	return Stages{{Duration: ramp, Target: peak}, {Duration: hold, Target: peak}, {Duration: ramp}}
}

// Breakpoint goes up to peak in ten even steps, which take climb together.
func Breakpoint(peak float64, climb time.Duration) Stages {
	const steps = 10
	stages := make(Stages, steps)
	for i := range stages {
		stages[i] = Stage{Duration: climb / steps, Target: peak * float64(i+1) / steps, Step: true}
	}
	return stages
}
