package load

import (
	"errors"
	"fmt"
	"time"
)

// A Wait is the pause a user makes between two tasks. The zero Wait is none.
type Wait struct {
	text  string
	next  func(u *User, took time.Duration) time.Duration
	every time.Duration // of Pacing
	err   error
}

// Constant waits d after each task.
func Constant(d time.Duration) Wait {
	w := WaitFunc("constant "+d.String(), func(*User, time.Duration) time.Duration { return d })
	if d < 0 {
		w.err = fmt.Errorf("Constant(%s): want 0 or more", d)
	}
	return w
}

// Between waits a random time from a to b, each equally likely.
func Between(a, b time.Duration) Wait {
	w := WaitFunc(fmt.Sprintf("between %s and %s", a, b), func(u *User, _ time.Duration) time.Duration {
		return a + time.Duration(u.Rand.Int64N(int64(b-a)+1))
	})
	if a < 0 || b < a {
		w.err = fmt.Errorf("Between(%s, %s): want 0 ≤ from ≤ to", a, b)
	}
	return w
}

// Pacing starts a task every d. A task that takes longer is followed by the next
// at once; time lost is not made up for.
func Pacing(d time.Duration) Wait {
	w := WaitFunc("pacing "+d.String(), func(_ *User, took time.Duration) time.Duration { return d - took })
	w.every = d
	if d <= 0 {
		w.err = fmt.Errorf("Pacing(%s): want more than 0", d)
	}
	return w
}

// Throughput starts perSecond tasks per second and user, as Pacing(1s/perSecond)
// does.
func Throughput(perSecond float64) Wait {
	if !(perSecond >= 1e-6 && perSecond <= 1e6) {
		return Wait{text: "throughput", err: fmt.Errorf("Throughput(%v): want 1e-6 to 1e6", perSecond)}
	}
	w := Pacing(time.Duration(float64(time.Second) / perSecond))
	w.text = fmt.Sprintf("throughput %v/s", perSecond)
	return w
}

// WaitFunc waits as long as next says, given the user and how long its task took;
// 0 or less means not at all. The text describes it to the operator.
func WaitFunc(text string, next func(u *User, took time.Duration) time.Duration) Wait {
	if next == nil {
		return Wait{text: text, err: errors.New("WaitFunc: no function")}
	}
	return Wait{text: text, next: next}
}

// String describes the wait: "between 1s and 3s".
func (w Wait) String() string {
	if w.text == "" {
		return "none"
	}
	return w.text
}

// After returns how long u pauses after a task that took so long, never negative.
func (w Wait) After(u *User, took time.Duration) time.Duration {
	if w.next == nil {
		return 0
	}
	return max(0, w.next(u, took))
}

// Every returns the time from one start to the next when w is a Pacing or a
// Throughput, 0 otherwise. Such tasks have an intended start, and what they are late
// by is part of their response time.
func (w Wait) Every() time.Duration { return w.every }

// IsZero reports whether w is the zero Wait.
func (w Wait) IsZero() bool { return w.next == nil && w.err == nil }
