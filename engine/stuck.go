package engine

import (
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

const (
	mostStacks = 1 << 20 // bytes of stacks looked at
	liveFrame  = "engine.(*user).live("
)

// noteStuck puts where the users are who ignored the stop among the exceptions.
func (r *run) noteStuck() {
	buf := make([]byte, mostStacks)
	buf = buf[:runtime.Stack(buf, true)]
	now := time.Now()
	for _, stack := range stuckStacks(string(buf)) {
		r.recorder.Shard(0).Note(stats.Mishap{
			Group: "ignored the stop: " + addresses.ReplaceAllString(stack, ""), Stack: stack, At: now,
			Message: "a user ignored the stop and was abandoned: give u.Context() to what it waits for",
		})
	}
}

// addresses are what differs between the stacks of users who are stuck at one place.
var addresses = regexp.MustCompile(`(?m)\(0x[^\n]*\)$|\({[^\n]*\)$| \+0x[0-9a-f]+$| in goroutine \d+$|0x[0-9a-f]+\??`)

// stuckStacks returns those of all stacks that are of users, without the numbers of
// their goroutines.
func stuckStacks(all string) []string {
	var list []string
	for stack := range strings.SplitSeq(all, "\n\n") {
		head, rest, _ := strings.Cut(stack, "\n")
		if strings.HasPrefix(head, "goroutine ") && strings.Contains(rest, liveFrame) {
			list = append(list, strings.TrimSpace(rest))
		}
	}
	return list
}
