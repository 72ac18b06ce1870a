package load

import "time"

// A Shape says how much load a run has at each moment: users, or arrivals per second,
// whichever the run is told in. It is asked often and from one goroutine at a time.
type Shape interface {
	// Level returns the load at t after the start of the shape, 0 or more, and
	// whether the run still goes on then. It must return at once: the run waits
	// for it.
	Level(t time.Duration) (load float64, on bool)
}

// ShapeFunc makes a function a Shape.
type ShapeFunc func(t time.Duration) (load float64, on bool)

// Level calls f.
func (f ShapeFunc) Level(t time.Duration) (load float64, on bool) { return f(t) }
