package engine

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/gregaria/gregaria/engine/dispatch"
)

// Caps are the most that runs may ask for and do, whoever starts or changes them. A
// field that is 0 caps nothing.
type Caps struct {
	Users   int           // users at once
	Rate    float64       // arrivals per second asked for; requests per second sent, redirects included, in either model
	RunTime time.Duration // of each run; one without a run time ends then, too
}

// over returns what c asks for beyond the caps.
func (caps Caps) over(c Config) (errs []error) {
	const more = "%v is more than the %v this program was started with (%s)"
	note := func(f Field, asked, most any, flag string) {
		errs = append(errs, wrong(f, more, asked, most, flag))
	}
	users, arrivals := float64(c.Users), c.Rate
	f, of := FieldUsers, FieldRate
	if len(c.Stages) > 0 {
		users, arrivals = c.Stages.Peak(), c.Stages.Peak()
		f, of = FieldStages, FieldStages
	}
	switch {
	case c.Shape != "": // which is held down while it is followed
	case c.Model != Open && caps.Users > 0 && dispatch.Users(users) > caps.Users:
		note(f, plain(users), caps.Users, "--max-users")
	case c.Model == Open && caps.Rate > 0 && arrivals > caps.Rate:
		note(of, plain(arrivals)+" a second", plain(caps.Rate), "--max-rate")
	}
	if c.Model == Open && caps.Users > 0 && c.UserCap > caps.Users {
		note(FieldUserCap, c.UserCap, caps.Users, "--max-users")
	}
	if caps.RunTime > 0 && c.RunTime > caps.RunTime {
		note(FieldRunTime, FormatRunTime(c.RunTime), FormatRunTime(caps.RunTime), "--max-run-time")
	}
	return errs
}

// fill returns c with the caps in place of what it leaves open.
func (caps Caps) fill(c Config) Config {
	if c.RunTime == 0 {
		c.RunTime = caps.RunTime
	}
	if c.Model == Open && c.UserCap == 0 && caps.Users > 0 {
		c.UserCap = min(caps.Users, DefaultUserCap)
	}
	return c
}

// most returns how much load of a model there may be; 0 means any.
func (caps Caps) most(m Model) float64 {
	if m == Open {
		return caps.Rate
	}
	return float64(caps.Users)
}

// full reports whether there are as many users as there may be. Those who were told to
// stop and finish their task count.
func (r *run) full() bool {
	most := r.engine.opts.Caps.Users
	return most > 0 && r.users() >= most
}

// A throttle lets requests go one by one, at most at a rate. A nil *throttle lets them
// go at once.
type throttle struct {
	limiter *rate.Limiter
	held    atomic.Int64 // requests that had to wait
}

// newThrottle returns a throttle of so many requests a second, nil for 0. What was not
// used of a hundredth of a second may be made up for.
func newThrottle(perSecond float64) *throttle {
	if perSecond <= 0 {
		return nil
	}
	burst := max(1, int(math.Min(perSecond/100, math.MaxInt32)))
	return &throttle{limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// turn returns what waits for a request's turn; nil when it need not wait.
func (t *throttle) turn() func(context.Context) error {
	if t == nil {
		return nil
	}
	return t.wait
}

func (t *throttle) wait(ctx context.Context) error {
	mine := t.limiter.Reserve()
	delay := mine.Delay()
	if delay <= 0 {
		return nil
	}
	t.held.Add(1)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		mine.Cancel()
		return ctx.Err()
	}
}

// waited returns how many requests had to wait so far.
func (t *throttle) waited() int64 {
	if t == nil {
		return 0
	}
	return t.held.Load()
}

// capNotices say where the caps hold the run back.
func (r *run) capNotices() (list []string) {
	caps := r.engine.opts.Caps
	if r.guide != nil && r.guide.cut.Load() {
		what, flag := fmt.Sprintf("%d users", caps.Users), "--max-users"
		if r.cfg.Model == Open {
			what, flag = plain(caps.Rate)+" arrivals a second", "--max-rate"
		}
		list = append(list, fmt.Sprintf("the load asked for was more than the %s this program was started with (%s), and was held there", what, flag))
	}
	if n := r.engine.throttle.waited() - r.waited; n > 0 {
		list = append(list, fmt.Sprintf("%d requests were held back, and more may be: no more than %s a second are sent (--max-rate). What they waited for their turn is in no response time", n, plain(caps.Rate)))
	}
	return list
}
