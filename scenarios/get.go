package scenarios

import (
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A getter fetches one path, again and again.
type getter struct{}

// get has no Host: whoever starts the run says which.
var get = load.Scenario[getter]{
	Name:   "get",
	Help:   "each user fetches one path, as fast as it can or at a pace",
	Params: []load.Parameter{getPath, getWait},
	Tasks:  []load.Task[getter]{{Run: (*getter).fetch}},
	// Like load.Pacing, with the pace of the run.
	Wait: load.WaitFunc("as --wait says", func(u *load.User, took time.Duration) time.Duration {
		return getWait.Of(u) - took
	}),
}

var (
	getPath = load.Param[string]{Name: "path", Default: "/", Help: "what to fetch"}
	getWait = load.Param[time.Duration]{Name: "wait", Help: "from one request to the next of a user; 0s is as fast as it can"}
)

func (*getter) fetch(u *load.User) error { return u.Get(getPath.Of(u)).Err() }
