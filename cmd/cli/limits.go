package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/wire"
)

// longestUnattended is the run time of a run that somebody else may have started and
// forgotten.
const longestUnattended = 24 * time.Hour

// addLimits adds the flags of what no run may go beyond, whoever starts it.
func (f *flags) addLimits() {
	f.group("Limits for whoever starts a run")
	f.value("allow-target", "", "TARGETS", "", "let users connect to these alone: shop.test, shop.test:8080, *.example.com, 10.0.0.7, 10.0.0.0/8:443; without it to everything but cloud metadata and link-local addresses, which are allowed one by one only; * stands for everything else")
	f.several("allow-target")
	f.value("max-users", "", "N", "", "most users a run may have")
	f.value("max-rate", "", "X", "", "most arrivals a second a run may ask for, and most requests a second that are sent; what is more waits its turn, which is part of no response time")
	f.value("max-run-time", "", "TIME", "", "longest run time a run may have; one without ends then, too; 0 means none (default 24h where the page is open to other machines)")
}

// readLimits reads them.
func (f *flags) readLimits(o *options) {
	policy, err := wire.ParsePolicy(words(f.given["allow-target"].texts))
	for _, e := range each(err) {
		if e != nil {
			f.wrong("--allow-target: %w", e)
		}
	}
	o.wire.Policy = policy
	if f.has("max-users") {
		n, err := strconv.Atoi(strings.TrimSpace(f.last("max-users")))
		if err != nil || n < 1 || n > engine.MaxUsers {
			f.wrong("--max-users: %q is not a number of users — write one from 1 to %d", f.last("max-users"), engine.MaxUsers)
		}
		o.caps.Users = n
	}
	if f.has("max-rate") {
		x, err := strconv.ParseFloat(strings.TrimSpace(f.last("max-rate")), 64)
		if err != nil || !(x > 0 && x <= engine.MaxRate) {
			f.wrong("--max-rate: %q is not a rate — write a number above 0, at most %d, such as 100", f.last("max-rate"), engine.MaxRate)
		}
		o.caps.Rate = x
	}
	if o.caps.RunTime, err = engine.ParseRunTime(f.last("max-run-time")); err != nil {
		for _, e := range engine.FieldErrors(err) {
			err = fmt.Errorf("--max-run-time: %s", e.Message)
		}
		f.mistakes = append(f.mistakes, err)
	}
}

// caps returns what no run of the program may go beyond.
func (p *program) caps() engine.Caps {
	c := p.opts.caps
	if !p.flags.has("max-run-time") && !p.opts.headless && !p.loopback() {
		c.RunTime = longestUnattended
	}
	return c
}
